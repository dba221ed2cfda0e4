import { MicroError } from '@micro-ts/interface';
import type { Endpoint, EndpointKind, Interceptor, Invoke, Logger } from '@micro-ts/interface';
import { compose } from './compose.ts';
import type { CurrentContext } from './context.ts';
import { copyInside } from './copy-value.ts';
import { asLiveCall } from './live-call.ts';
import type { LiveCall } from './live-call.ts';
import { mapStream } from './mapped-stream.ts';
import type { Check } from './schemas.ts';
import { EndpointStats } from './stats.ts';
import { isStream } from './streams.ts';

/** The method behind an endpoint, bound to its instance. */
export type Method = (request: unknown, context: LiveCall) => unknown;

/** What an endpoint is made of. */
export interface ServedEndpointParts {
  readonly service: string;
  readonly endpoint: Endpoint;
  /** It is one of Micro's own, which answer on this machine only. */
  readonly debug?: boolean;
  /** Checks each request. */
  readonly check: Check | undefined;
  /** Checks each answer. */
  readonly checkAnswer?: Check | undefined;
  readonly method: Method;
  readonly interceptors: readonly Interceptor[];
  readonly current: CurrentContext;
  readonly logger: Logger;
}

/** One endpoint at work: validation, interceptors, method, counters and the errors that may leave. */
export class ServedEndpoint {
  readonly side = 'server';
  readonly service: string;
  readonly endpoint: Endpoint;
  readonly kind: EndpointKind;
  readonly idempotent: boolean;
  /** Its own deadline in ms, for callers that name none. */
  readonly timeout: number | undefined;
  readonly debug: boolean;
  readonly stats = new EndpointStats();
  readonly #takesStream: boolean;
  readonly #check: Check | undefined;
  readonly #checkAnswer: Check | undefined;
  readonly #invoke: Invoke;
  readonly #logger: Logger;

  constructor(parts: ServedEndpointParts) {
    const { endpoint, debug = false } = parts;
    this.service = parts.service;
    this.endpoint = endpoint;
    this.kind = endpoint.kind;
    this.idempotent = endpoint.metadata['idempotent'] === 'true';
    const timeout = endpoint.metadata['timeout'];
    this.timeout = timeout === undefined ? undefined : Number(timeout);
    this.debug = debug;
    this.#takesStream = endpoint.kind === 'client' || endpoint.kind === 'bidi';
    this.#check = parts.check;
    this.#checkAnswer = parts.checkAnswer;
    this.#logger = parts.logger;
    this.#invoke = compose(parts.interceptors, invoking(parts.method, parts.current));
  }

  /**
   * Runs the method for a call.
   * @param change done to the answer, or to each value of a streamed one
   * @param done told when a streamed answer has ended
   */
  async run(
    call: LiveCall,
    change: (value: unknown) => unknown,
    done?: () => void,
  ): Promise<unknown> {
    const began = this.stats.begin();
    let result: unknown;
    try {
      if (call.lifetime.reason !== undefined) throw call.lifetime.reason;
      if (isStream(call.request) !== this.#takesStream) throw this.#misfit();
      const checked = this.#check === undefined ? call : this.#checked(call, this.#check);
      result = await this.#invoke(checked instanceof Promise ? await checked : checked);
      if (!isStream(result)) {
        const sent = this.#send(result, change);
        const answer = sent instanceof Promise ? await sent : sent;
        this.stats.end(began);
        call.finish();
        return answer;
      }
    } catch (error) {
      const failure = this.#failure(error, call);
      this.stats.end(began, failure.code);
      call.finish();
      throw failure;
    }
    return mapStream(result, {
      lifetime: call.lifetime,
      change: (value) => this.#send(value, change),
      translate: (error) => this.#failure(error, call),
      ended: (error) => {
        this.stats.end(began, error?.code);
        call.finish();
        done?.();
      },
    });
  }

  /** The call with its request as the schema lets it through; a stream is checked value by value. */
  #checked(call: LiveCall, check: Check): LiveCall | Promise<LiveCall> {
    const { request, lifetime } = call;
    if (isStream(request))
      return call.with({ request: mapStream(request, { lifetime, change: check }) });
    const value = check(request);
    if (!(value instanceof Promise))
      return value === request ? call : call.with({ request: value });
    return value.then((each: unknown) => {
      if (lifetime.reason !== undefined) throw lifetime.reason;
      return call.with({ request: each });
    });
  }

  /** An answer that cannot be sent is a bug of the handler; one that is too large its caller may know of. */
  #send(value: unknown, change: (value: unknown) => unknown): unknown {
    const check = this.#checkAnswer;
    try {
      const checked = check === undefined ? value : check(value);
      if (!(checked instanceof Promise)) return change(checked ?? {});
      return checked
        .then((each: unknown) => change(each ?? {}))
        .catch((error: unknown) => {
          throw this.#unsendable(error);
        });
    } catch (error) {
      throw this.#unsendable(error);
    }
  }

  #unsendable(error: unknown): MicroError {
    if (error instanceof MicroError && error.code === 'resource_exhausted') return error;
    this.#logger.error('an answer cannot be sent', { endpoint: this.endpoint.name, error });
    return new MicroError('internal', 'internal error');
  }

  #misfit(): MicroError {
    const takes = this.#takesStream ? 'a stream of requests' : 'one request, not a stream';
    return new MicroError('invalid_argument', `${this.endpoint.name} takes ${takes}`);
  }

  /** What may leave of an error: a coded one without its cause, of anything else not even the text. */
  #failure(error: unknown, { endpoint, lifetime }: LiveCall): MicroError {
    const coded = error instanceof MicroError ? error : undefined;
    // A handler that gives up because its signal fired throws whatever it was in the middle of.
    if (coded === undefined && lifetime.reason !== undefined) return lifetime.reason;
    const { code = 'internal', message = 'internal error', origin = this.service } = coded ?? {};
    const details = copied(coded?.details);
    const cause = coded === undefined ? error : coded.cause;
    // Events come again: who knows how often logs what failed, and gets the cause.
    if (this.kind === 'event') return new MicroError(code, message, { origin, details, cause });
    if (code === 'internal' && (coded === undefined || cause !== undefined))
      this.#logger.error('a handler failed', { endpoint, error });
    else if (cause !== undefined) this.#logger.debug('a handler failed', { endpoint, error });
    // What was refused further in was not refused here: this handler has run.
    return new MicroError(code, message, { origin, details });
  }
}

/** Calls the method as part of its call; a stream that it returns, too. */
function invoking(method: Method, current: CurrentContext): Invoke {
  const plain = (call: LiveCall): unknown => method(call.request, call);
  const tracked = (call: LiveCall): unknown => {
    const result = current.run(call, plain);
    if (result instanceof Promise || !isStream(result)) return result;
    return current.stream(call, result);
  };
  const run = current.enabled ? tracked : plain;
  return (call) => {
    try {
      const result = run(asLiveCall(call));
      return result instanceof Promise ? result : Promise.resolve(result); // one less than async
    } catch (error) {
      return Promise.reject(error as Error);
    }
  };
}

/** Details as they will arrive, wherever that is. */
function copied(details: unknown): unknown {
  try {
    return copyInside(details);
  } catch {
    return undefined;
  }
}
