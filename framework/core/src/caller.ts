import { MicroError } from '@micro-ts/interface';
import type { Context, Endpoint, Invoke } from '@micro-ts/interface';
import type { CallOptions } from './client-types.ts';
import { enter } from './compose.ts';
import { outgoing, tie } from './context.ts';
import type { CurrentContext, Tied } from './context.ts';
import type { Deadlines } from './deadlines.ts';
import { guessEndpoint, pickEndpoint } from './endpoint-index.ts';
import type { CallTarget, EndpointIndex } from './endpoint-index.ts';
import { LiveCall } from './live-call.ts';
import { followStream } from './mapped-stream.ts';
import { OnceStream } from './once-stream.ts';
import type { Resolver } from './resolver.ts';
import type { Server } from './server.ts';
import type { ServiceView } from './service-view.ts';
import { isStream } from './streams.ts';

/** What calls stand on. */
export interface CallerParts {
  readonly resolver: Resolver;
  readonly server: Server;
  readonly deadlines: Deadlines;
  readonly current: CurrentContext;
  /** Deadline of a unary call in ms, unless it says otherwise. */
  readonly deadline: number;
  /** Most metadata, in bytes. */
  readonly metadataBytes: number;
  /** Interceptors, retry and the innermost room, composed. */
  readonly invoke: Invoke;
}

/** Options of calls from tools: `raw` resolves with `Raw`, bytes as they came. */
export type RawCallOptions = CallOptions & { readonly raw?: boolean };

/** Longest deadline of a unary call, in ms: 24 days, the most that timers take. */
const longest = 2 ** 31 - 1;
const noOptions: RawCallOptions = Object.freeze({});
const nothing = (): void => undefined;

/** Begins calls: works out what is called and how long it may take, and sees each call to its end. */
export class Caller {
  readonly #parts: CallerParts;
  #closed = false;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /** No call is begun any more. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves with the answer, or with a stream of answers. Rejects with a `MicroError`. */
  call(
    service: string,
    target: CallTarget,
    request: unknown,
    options: RawCallOptions = noOptions,
  ): Promise<unknown> {
    const began = performance.now();
    try {
      if (this.#closed) throw new MicroError('unavailable', 'the app is closed', { refused: true });
      if (options !== noOptions) checkOptions(options);
      const index = this.#index(service, options);
      if (index !== undefined)
        return this.#begin(service, pickEndpoint(index, target, service), request, options, began);
      if (options.address !== undefined)
        return this.#begin(service, guessEndpoint(target, service), request, options, began);
      const later = this.#beginLater(service, target, request, options, began);
      later.catch(nothing); // it may be a stream that nobody reads: see below
      return later;
    } catch (error) {
      return Promise.reject(MicroError.from(error));
    }
  }

  /** What is known of a service: of one of this app everything, of others what their records say. */
  #index(service: string, { address, filters }: RawCallOptions): EndpointIndex | undefined {
    const { server, resolver } = this.#parts;
    const own = server.index(service);
    const here = own !== undefined && (filters === undefined || server.endpoints(service, filters));
    if (here) return own;
    if (address !== undefined) return undefined;
    const view = resolver.service(service);
    return view.known && view.seen ? view.endpoints : undefined;
  }

  /** The first call of a service: its kind is known when the registry has answered. */
  async #beginLater(
    service: string,
    target: CallTarget,
    request: unknown,
    options: RawCallOptions,
    began: number,
  ): Promise<unknown> {
    const { deadline, deadlines, current, resolver } = this.#parts;
    const view = resolver.service(service);
    const parent = options.context ?? current.get();
    const { lifetime, release } = tie(began, options.timeout ?? deadline, parent, options.signal);
    const watched = deadlines.watch(lifetime);
    await waitUntilSeen(view, lifetime);
    deadlines.forget(watched);
    release?.();
    if (lifetime.reason !== undefined) throw view.waitedInVain(lifetime.reason);
    return this.#begin(
      service,
      pickEndpoint(view.endpoints, target, service),
      request,
      options,
      began,
    );
  }

  #begin(
    service: string,
    endpoint: Endpoint,
    given: unknown,
    options: RawCallOptions,
    began: number,
  ): Promise<unknown> {
    const { deadline, current, metadataBytes } = this.#parts;
    const { name, kind, metadata } = endpoint;
    const parent: Context | undefined = options.context ?? current.get();
    const sent = outgoing(parent, options.metadata, metadataBytes);
    const request = asRequest(given, kind, name);
    const wanted = options.timeout ?? usualTimeout(endpoint, deadline);
    // On the wire no deadline means that the caller has no word in it.
    const timeout = kind === 'unary' ? Math.min(wanted, longest) : wanted;
    const tied = tie(began, timeout, parent, options.signal);
    const idempotent = options.idempotent ?? metadata['idempotent'] === 'true';
    const call = new LiveCall(
      { side: 'client', kind, idempotent },
      { service, endpoint: name, metadata: sent, lifetime: tied.lifetime, attempt: 1 },
      request,
      options,
    );
    const answer = this.#carry(call, tied);
    // Whoever reads a stream sees its failure. Nobody awaits one that is not read.
    if (kind === 'server' || kind === 'bidi') answer.catch(nothing);
    return answer;
  }

  #carry(call: LiveCall, { lifetime, release }: Tied): Promise<unknown> {
    const { deadlines, invoke } = this.#parts;
    const deadline = deadlines.watch(lifetime);
    const end = (): void => {
      deadlines.forget(deadline);
      release?.();
    };
    return enter(invoke, call).then(
      (result) => {
        if (isStream(result)) return followStream(result, lifetime, end);
        end();
        return result;
      },
      (error: unknown) => {
        end();
        throw MicroError.from(error);
      },
    );
  }
}

/** @throws MicroError for what makes no sense, rather than to wait for ever or to try again for ever */
function checkOptions({ timeout, retries }: RawCallOptions): void {
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0))
    throw wrong('timeout', timeout, 'a number of ms above 0');
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0))
    throw wrong('retries', retries, 'a whole number, 0 or more');
}

const wrong = (name: string, value: unknown, wanted: string): MicroError =>
  new MicroError('invalid_argument', `${name} is ${String(value)}, and should be ${wanted}`);

async function waitUntilSeen(view: ServiceView, lifetime: Tied['lifetime']): Promise<void> {
  while (!view.seen && lifetime.reason === undefined) {
    const patience = view.patience();
    if (patience <= 0) return;
    await view.change(lifetime, patience);
  }
}

/** Streams go on; what a record says is believed if it makes sense. */
function usualTimeout({ kind, metadata }: Endpoint, deadline: number): number {
  if (kind !== 'unary') return Infinity;
  const own = metadata['timeout'];
  return own !== undefined && Number(own) > 0 ? Number(own) : deadline;
}

function asRequest(given: unknown, kind: Endpoint['kind'], name: string): unknown {
  if (kind === 'client' || kind === 'bidi' || isStream(given)) {
    if (kind === 'server')
      throw new MicroError('invalid_argument', `${name} takes one request, not a stream`);
    const iterable = typeof given === 'object' && given !== null;
    if (!iterable || !(Symbol.asyncIterator in given || Symbol.iterator in given))
      throw new MicroError('invalid_argument', `${name} takes a stream of requests`);
    return new OnceStream(given as AsyncIterable<unknown>);
  }
  return given ?? {};
}
