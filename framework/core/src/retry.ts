import { errorCodes, MicroError } from '@micro-ts/interface';
import type { Call, Interceptor } from '@micro-ts/interface';
import type { CurrentContext } from './context.ts';
import { LiveCall } from './live-call.ts';
import { RetryBudget } from './retry-budget.ts';
import { isReplayable } from './streams.ts';

/**
 * Tries again, on another node if there is one, what certainly was not processed, and what may be
 * repeated. The innermost interceptor of a client, so each attempt selects anew.
 * @param retries attempts after the first, unless the call says otherwise
 */
export function retry(retries: number, current: CurrentContext): Interceptor {
  const budget = new RetryBudget();
  return (next) => async (call) => {
    const route = call instanceof LiveCall ? call.route : undefined;
    const most = (route?.retries ?? retries) + 1;
    budget.begin();
    try {
      for (let attempt = 1, each = call; ; attempt++) {
        try {
          return await next(each);
        } catch (error) {
          const last = attempt >= most || !mayRepeat(MicroError.from(error), call, budget, current);
          if (last) throw error;
          each = call.with({ attempt: call.attempt + attempt });
        }
      }
    } finally {
      budget.end();
    }
  };
}

function mayRepeat(
  error: MicroError,
  call: Call,
  budget: RetryBudget,
  current: CurrentContext,
): boolean {
  if (call.lifetime.reason !== undefined || !isReplayable(call.request)) return false;
  if (error.refused && error.code !== 'resource_exhausted') return true;
  const harmless = call.idempotent || error.refused;
  if (!harmless || !errorCodes[error.code].retry) return false;
  // An outer layer is at it again already: were every layer to try three times, the last would see 27.
  const outer = current.get();
  if (outer !== undefined && outer.attempt > 1) return false;
  return budget.take();
}
