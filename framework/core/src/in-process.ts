import { MicroError } from '@micro-ts/interface';
import type { Lifetime } from '@micro-ts/interface';
import type { Codecs } from './codecs.ts';
import { copyValue } from './copy-value.ts';
import { LiveCall } from './live-call.ts';
import { Raw } from './raw.ts';
import type { ServedEndpoint } from './served-endpoint.ts';
import { isStream, mapStream } from './streams.ts';

const nothing = (): void => undefined;

/**
 * A call to a service of the same app: values instead of bytes, and copied, so that nobody can tell
 * the difference but by its speed. The lifetime is shared: cancel and deadline need no telling.
 */
export function callInProcess(
  call: LiveCall,
  endpoints: ReadonlyMap<string, ServedEndpoint>,
  codecs: Codecs,
): Promise<unknown> {
  const { service, endpoint, metadata, lifetime, attempt, route } = call;
  if (lifetime.reason !== undefined) return Promise.reject(lifetime.reason);
  const served = endpoints.get(endpoint);
  if (served === undefined)
    return Promise.reject(
      new MicroError('unimplemented', `${service} has no endpoint ${endpoint}`),
    );
  const facts = { service, endpoint, metadata, lifetime, attempt, peer: 'in-process' };
  const inner = new LiveCall(served, facts, bring(call.request, codecs));
  const change = route.raw === true ? toRaw(call, codecs) : copyValue;
  return untilEnd(lifetime, served.run(inner, change, nothing));
}

function bring(request: unknown, codecs: Codecs): unknown {
  if (request instanceof Raw) return codecs.get(request.contentType).decode(request.bytes);
  if (isStream(request))
    return mapStream(request, (each) => bring(each, codecs), nothing, MicroError.from);
  return copyValue(request);
}

function toRaw({ request, route }: LiveCall, codecs: Codecs): (value: unknown) => Raw {
  const type = request instanceof Raw ? request.contentType : route.contentType;
  return (value) => {
    const codec = codecs.for(value, type);
    return new Raw(codec.contentType, codec.encode(value));
  };
}

/** The work, or the lifetime's reason if that ends first; a stream breaks when it ends. */
function untilEnd(lifetime: Lifetime, work: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lifetime.onEnd(reject);
    work.then(
      (value) => {
        lifetime.offEnd(reject);
        resolve(isStream(value) ? breaking(lifetime, value) : value);
      },
      (error: unknown) => {
        lifetime.offEnd(reject);
        reject(error as Error);
      },
    );
  });
}

function breaking(lifetime: Lifetime, stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
  const iterator = stream[Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<unknown>> => {
    if (lifetime.reason !== undefined) return leave(lifetime.reason);
    return untilEnd(lifetime, iterator.next()) as Promise<IteratorResult<unknown>>;
  };
  const leave = async (reason: MicroError): Promise<never> => {
    void Promise.resolve(iterator.return?.()).catch(nothing);
    throw reason;
  };
  const source = { next, return: () => iterator.return?.() ?? over };
  return mapStream(
    { [Symbol.asyncIterator]: () => source },
    (value) => value,
    nothing,
    MicroError.from,
  );
}

const over: Promise<IteratorResult<unknown>> = Promise.resolve({ done: true, value: undefined });
