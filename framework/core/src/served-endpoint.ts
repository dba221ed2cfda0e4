import { MicroError } from '@micro-ts/interface';
import type { Endpoint, EndpointKind, Interceptor, Invoke, Logger } from '@micro-ts/interface';
import { compose } from './compose.ts';
import type { CurrentContext } from './context.ts';
import type { LiveCall } from './live-call.ts';
import type { Check } from './schemas.ts';
import { EndpointStats } from './stats.ts';
import { isStream, mapStream } from './streams.ts';

/** The method behind an endpoint, bound to its instance. */
export type Method = (request: unknown, context: LiveCall) => unknown;

/** What an endpoint is made of. */
export interface ServedEndpointParts {
  readonly service: string;
  readonly endpoint: Endpoint;
  readonly internal: boolean;
  readonly check: Check | undefined;
  readonly method: Method;
  readonly interceptors: readonly Interceptor[];
  readonly current: CurrentContext;
  readonly logger: Logger;
}

/** One endpoint at work: validation, interceptors, method, counters and the errors that may leave. */
export class ServedEndpoint {
  readonly side = 'server';
  readonly endpoint: Endpoint;
  readonly kind: EndpointKind;
  readonly idempotent: boolean;
  /** Not in the registry, and not for everybody. */
  readonly internal: boolean;
  readonly stats = new EndpointStats();
  readonly #service: string;
  readonly #check: Check | undefined;
  readonly #invoke: Invoke;
  readonly #logger: Logger;

  constructor(parts: ServedEndpointParts) {
    const { method, current } = parts;
    this.endpoint = parts.endpoint;
    this.kind = parts.endpoint.kind;
    this.idempotent = parts.endpoint.metadata['idempotent'] === 'true';
    this.internal = parts.internal;
    this.#service = parts.service;
    this.#check = parts.check;
    this.#logger = parts.logger;
    const plain: Invoke = (call) => settled(() => method(call.request, call as LiveCall));
    const tracked: Invoke = (call) => current.run(call, () => plain(call));
    this.#invoke = compose(parts.interceptors, current.enabled ? tracked : plain);
  }

  /**
   * Runs the method for a call.
   * @param change done to the answer, or to each value of a streamed one
   * @param done told when a streamed answer has ended
   */
  async run(
    call: LiveCall,
    change: (value: unknown) => unknown,
    done: () => void,
  ): Promise<unknown> {
    const began = this.stats.begin();
    let result: unknown;
    try {
      if (call.lifetime.reason !== undefined) throw call.lifetime.reason;
      const checked = this.#check === undefined ? call : this.#checked(call, this.#check);
      result = await this.#invoke(checked instanceof Promise ? await checked : checked);
      if (!isStream(result)) {
        const changed = change(result ?? {});
        this.stats.end(began);
        return changed;
      }
    } catch (error) {
      const failure = this.#failure(error, call);
      this.stats.end(began, failure.code);
      throw failure;
    }
    const ended = (error?: unknown): void => {
      this.stats.end(began, error instanceof MicroError ? error.code : undefined);
      done();
    };
    return mapStream(result, change, ended, (error) => this.#failure(error, call));
  }

  /** The call with its request as the schema lets it through; a stream is checked value by value. */
  #checked(call: LiveCall, check: Check): LiveCall | Promise<LiveCall> {
    const { request } = call;
    if (isStream(request)) {
      const nothing = (): void => undefined;
      return call.with({ request: mapStream(request, check, nothing, MicroError.from) });
    }
    const value = check(request);
    if (value instanceof Promise) return value.then((each) => call.with({ request: each }));
    return value === request ? call : call.with({ request: value });
  }

  /** What may leave of an error: a coded one as it is, anything else without its text. */
  #failure(error: unknown, { endpoint, lifetime }: LiveCall): MicroError {
    // What was refused further in was not refused here: this handler has run.
    if (error instanceof MicroError) {
      const { code, message, details, origin = this.#service, cause } = error;
      return new MicroError(code, message, { details, origin, cause });
    }
    // A handler that gives up because its signal fired throws whatever it was in the middle of.
    if (lifetime.reason !== undefined) return lifetime.reason;
    this.#logger.error('a handler failed', { endpoint, error });
    return new MicroError('internal', 'internal error', { origin: this.#service, cause: error });
  }
}

/** The promise of what `work` returns; one less than an async function would make. */
function settled(work: () => unknown): Promise<unknown> {
  try {
    const result = work();
    return result instanceof Promise ? result : Promise.resolve(result);
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
