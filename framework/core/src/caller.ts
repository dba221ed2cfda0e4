import { MicroError, noMetadata } from '@micro-ts/interface';
import type { Context, Endpoint, Invoke } from '@micro-ts/interface';
import type { CallOptions } from './client-types.ts';
import { outgoing, tie } from './context.ts';
import type { CurrentContext, Tied } from './context.ts';
import type { Deadlines } from './deadlines.ts';
import { capitalised } from './describe.ts';
import type { CallTarget, EndpointIndex } from './endpoint-index.ts';
import { LiveCall } from './live-call.ts';
import type { Resolver } from './resolver.ts';
import type { Server } from './server.ts';
import type { ServiceView } from './service-view.ts';
import { alsoEnded, isStream, OnceStream } from './streams.ts';

/** What calls stand on. */
export interface CallerParts {
  readonly resolver: Resolver;
  readonly server: Server;
  readonly deadlines: Deadlines;
  readonly current: CurrentContext;
  /** Deadline of a unary call in ms, unless it says otherwise. */
  readonly deadline: number;
  /** Interceptors, retry and the innermost room, composed. */
  readonly invoke: Invoke;
}

/** Options of calls from tools: `raw` resolves with `Raw`, bytes as they came. */
export type RawCallOptions = CallOptions & { readonly raw?: boolean };

const noOptions: RawCallOptions = Object.freeze({});

/** Begins calls: works out what is called and how long it may take, and sees each call to its end. */
export class Caller {
  readonly #parts: CallerParts;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /** Resolves with the answer, or with a stream of answers. Rejects with a `MicroError`. */
  call(
    service: string,
    target: CallTarget,
    request: unknown,
    options: RawCallOptions = noOptions,
  ): Promise<unknown> {
    try {
      const index = this.#parts.server.index(service);
      if (index !== undefined)
        return this.#begin(service, pick(index, target, service), request, options);
      if (options.address !== undefined)
        return this.#begin(service, guess(target, service), request, options);
      const view = this.#parts.resolver.service(service);
      if (!view.known || !view.seen) return this.#beginLater(view, target, request, options);
      return this.#begin(service, pick(view.endpoints, target, service), request, options);
    } catch (error) {
      return Promise.reject(MicroError.from(error));
    }
  }

  /** The first call of a service: its kind is known when the registry has answered. */
  async #beginLater(
    view: ServiceView,
    target: CallTarget,
    request: unknown,
    options: RawCallOptions,
  ): Promise<unknown> {
    const { deadline, deadlines, current } = this.#parts;
    const began = performance.now();
    const most = Math.min(options.timeout ?? deadline, 2_000);
    const parent = options.context ?? current.get();
    const { lifetime, release } = tie(options.timeout ?? deadline, parent, options.signal);
    const watched = deadlines.watch(lifetime);
    while (!view.seen && lifetime.reason === undefined) {
      const left = began + most - performance.now();
      if (left <= 0 || (view.known && view.emptyFor() > most)) break;
      await view.change(lifetime, left);
    }
    deadlines.forget(watched);
    release?.();
    if (lifetime.reason !== undefined) throw lifetime.reason;
    const spent = performance.now() - began;
    const rest =
      options.timeout === undefined
        ? options
        : { ...options, timeout: Math.max(1, options.timeout - spent) };
    return this.#begin(view.name, pick(view.endpoints, target, view.name), request, rest);
  }

  #begin(
    service: string,
    { name, kind, metadata }: Endpoint,
    given: unknown,
    options: RawCallOptions,
  ): Promise<unknown> {
    const { deadline, current } = this.#parts;
    const own = metadata['timeout'];
    const usual = kind === 'unary' ? (own === undefined ? deadline : Number(own)) : Infinity;
    const parent: Context | undefined = options.context ?? current.get();
    const tied = tie(options.timeout ?? usual, parent, options.signal);
    const { lifetime } = tied;
    const idempotent = options.idempotent ?? metadata['idempotent'] === 'true';
    const sent = outgoing(parent, options.metadata);
    const call = new LiveCall(
      { side: 'client', kind, idempotent },
      { service, endpoint: name, metadata: sent, lifetime, attempt: 1 },
      asRequest(given, kind, name),
      options,
    );
    return this.#carry(call, tied);
  }

  async #carry(call: LiveCall, { lifetime, release }: Tied): Promise<unknown> {
    const { deadlines, invoke } = this.#parts;
    const deadline = deadlines.watch(lifetime);
    const end = (): void => {
      deadlines.forget(deadline);
      release?.();
    };
    let streaming = false;
    try {
      const result = await invoke(call);
      streaming = alsoEnded(result, end);
      return result;
    } catch (error) {
      throw MicroError.from(error);
    } finally {
      if (!streaming) end();
    }
  }
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

/** The endpoint that is meant. What the records do not list is taken for unary. */
function pick(index: EndpointIndex, target: CallTarget, service: string): Endpoint {
  const [found, another] = index.find(target);
  if (found === undefined) return guess(target, service);
  if (another === undefined) return found;
  const both = `${found.name} and ${another.name}`;
  const text = `${target.method ?? ''} of ${service} can be ${both}: make the client of the class`;
  throw new MicroError('invalid_argument', text);
}

/** `hello` of `acme.greeter` → `Greeter.Hello`, as go-micro names things. */
function guess({ endpoint, method = '' }: CallTarget, service: string): Endpoint {
  const last = service.slice(service.lastIndexOf('.') + 1);
  const prefix = last.split(/[-_]/).map(capitalised).join('');
  const name = endpoint ?? `${prefix}.${capitalised(method)}`;
  return { name, kind: 'unary', metadata: noMetadata };
}
