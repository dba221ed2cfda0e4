import { errorCodes, MicroError } from '@micro-ts/interface';
import type { Call, Interceptor } from '@micro-ts/interface';
import { enter } from './compose.ts';
import type { CurrentContext } from './context.ts';
import { asLiveCall } from './live-call.ts';
import type { LiveCall } from './live-call.ts';
import { isReplayable } from './once-stream.ts';
import { RetryBudget } from './retry-budget.ts';

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
    const again = async (first: LiveCall, failure: unknown): Promise<unknown> => {
      const most = first.route.retries ?? retries;
      let error = failure;
      let call = first;
      for (let retried = 1; retried <= most; retried++) {
        if (!mayRepeat(MicroError.from(error), call, budget, current)) break;
        call = call.with({ attempt: call.attempt + 1 });
        try {
          return await next(call);
        } catch (another) {
          error = another;
        }
      }
      throw error;
    };
    const first = (given: Call): Promise<unknown> => {
      const call = asLiveCall(given);
      budget.begin();
      return enter(next, call).then(answered, (error: unknown) =>
        again(call, error).finally(() => budget.end()),
      );
    };
    return (call) => enter(first, call);
  };
}

function mayRepeat(
  error: MicroError,
  call: LiveCall,
  budget: RetryBudget,
  current: CurrentContext,
): boolean {
  if (call.lifetime.reason !== undefined || !isReplayable(call.request)) return false;
  const exhausted = error.code === 'resource_exhausted';
  if (error.refused && !exhausted) return true;
  // Before a node was chosen it is the request that is too large, and it will not shrink.
  if (exhausted && call.chosen === undefined) return false;
  const harmless = call.idempotent || error.refused;
  if (!harmless || !errorCodes[error.code].retry) return false;
  // An outer layer is at it again already: were every layer to try three times, the last would see 27.
  const outer = current.get();
  if (outer !== undefined && outer.attempt > 1) return false;
  return budget.take();
}
