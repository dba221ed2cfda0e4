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
  // What goes well costs no more than one step; the loop is for what does not.
  const answered = (value: unknown): unknown => {
    budget.end();
    return value;
  };
  return (next) => {
    const again = async (call: Call, first: unknown): Promise<unknown> => {
      const most = (call instanceof LiveCall ? call.route.retries : undefined) ?? retries;
      let error = first;
      let last = call;
      for (let retried = 1; retried <= most; retried++) {
        if (!mayRepeat(MicroError.from(error), call, budget, current)) break;
        last = last.with({ attempt: call.attempt + retried });
        try {
          return await next(last);
        } catch (failure) {
          error = failure;
        }
      }
      throw error;
    };
    const failed = (call: Call, error: unknown): Promise<unknown> =>
      again(call, error).finally(() => budget.end());
    return (call) => {
      budget.begin();
      return next(call).then(answered, (error: unknown) => failed(call, error));
    };
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
