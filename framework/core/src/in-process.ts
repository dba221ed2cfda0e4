import { MicroError } from '@micro-ts/interface';
import type { Codecs } from './codecs.ts';
import { copyValue } from './copy-value.ts';
import { LiveCall } from './live-call.ts';
import { followStream, mapStream } from './mapped-stream.ts';
import { orEnd } from './or-end.ts';
import { Raw } from './raw.ts';
import type { ServedEndpoint } from './served-endpoint.ts';
import type { Server } from './server.ts';
import { isStream } from './streams.ts';

/**
 * Calls to services of the same app: values instead of bytes, and copied, so that nobody can tell the
 * difference but by its speed. The lifetime is shared: cancel and deadline need no telling.
 */
export class InProcess {
  readonly #server: Server;
  readonly #codecs: Codecs;
  #running = 0;
  #whenIdle: (() => void) | undefined = undefined;

  constructor(server: Server, codecs: Codecs) {
    this.#server = server;
    this.#codecs = codecs;
  }

  /** The answer to a call; `undefined` if it is for others. */
  call(call: LiveCall): Promise<unknown> | undefined {
    const { service, endpoint, lifetime, route } = call;
    if (route.address !== undefined) return undefined;
    const endpoints = this.#server.endpoints(service, route.filters);
    if (endpoints === undefined) return undefined;
    if (lifetime.reason !== undefined) return Promise.reject(lifetime.reason);
    if (route.contentType !== undefined) this.#codecs.get(route.contentType); // as on the wire
    const served = endpoints.get(endpoint);
    if (served === undefined) {
      const text = `${service} has no endpoint ${endpoint}`;
      return Promise.reject(new MicroError('unimplemented', text, { refused: true }));
    }
    if (!isStream(call.request)) return this.#run(call, served, this.#bring(call.request));
    const requests = this.#bringStream(call, call.request);
    return leaving(requests, this.#run(call, served, requests), lifetime);
  }

  /** Resolves when no call waits for its answer any more. Streams that run are not waited for. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  #run(call: LiveCall, served: ServedEndpoint, request: unknown): Promise<unknown> {
    call.peer = 'in-process';
    const inner = new LiveCall(served, call, request);
    const change = call.route.raw === true ? this.#toRaw(call) : copyValue;
    this.#running++;
    return orEnd(call.lifetime, served.run(inner, change), this.#settled);
  }

  readonly #settled = (): void => {
    if (--this.#running === 0) this.#whenIdle?.();
  };

  #bring(value: unknown): unknown {
    if (!(value instanceof Raw)) return copyValue(value);
    return this.#codecs.get(value.contentType).decode(value.bytes) ?? {};
  }

  #bringStream({ lifetime, route }: LiveCall, requests: AsyncIterable<unknown>) {
    const codec = this.#codecs.for(requests, route.contentType);
    const change = (value: unknown): unknown =>
      value instanceof Raw ? codec.decode(this.#codecs.encode(codec, value)) : copyValue(value);
    return mapStream(requests, { lifetime, change });
  }

  #toRaw({ request, route }: LiveCall): (value: unknown) => Raw {
    const type = request instanceof Raw ? request.contentType : route.contentType;
    return (value) => {
      const codec = this.#codecs.for(value, type);
      return new Raw(codec.contentType, this.#codecs.encode(codec, value));
    };
  }
}

/** Leaves a stream of requests when its call is over: nobody reads the rest. */
async function leaving(
  requests: AsyncIterableIterator<unknown, undefined>,
  answer: Promise<unknown>,
  lifetime: LiveCall['lifetime'],
): Promise<unknown> {
  const leave = (): void => void requests.return?.();
  let streaming = false;
  try {
    const result = await answer;
    streaming = isStream(result);
    return isStream(result) ? followStream(result, lifetime, leave) : result;
  } finally {
    if (!streaming) leave();
  }
}
