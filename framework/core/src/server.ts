import { MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Codec, Exchange, Message } from '@micro-ts/interface';
import { isLoopback, parseAddress } from '@micro-ts/wire';
import type { Codecs } from './codecs.ts';
import type { Deadlines } from './deadlines.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { LiveCall } from './live-call.ts';
import type { ServedEndpoint } from './served-endpoint.ts';
import { isStream, mapStream } from './streams.ts';

/** What a server stands on. */
export interface ServerParts {
  readonly codecs: Codecs;
  readonly deadlines: Deadlines;
  /** Whether `Debug.*` may be called from beyond this machine. */
  readonly exposeDebug: boolean;
}

type Endpoints = ReadonlyMap<string, ServedEndpoint>;

/** The server's side of a call: finds the endpoint, decodes, runs it, encodes. Its `exchange` is what listeners are given. */
export class Server {
  readonly #parts: ServerParts;
  readonly #services = new Map<string, Map<string, ServedEndpoint>>();
  readonly #indexes = new Map<string, EndpointIndex>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /** Serves an endpoint of a service. One of the same name is replaced. */
  add(service: string, served: ServedEndpoint): void {
    let endpoints = this.#services.get(service);
    if (endpoints === undefined) this.#services.set(service, (endpoints = new Map()));
    endpoints.set(served.endpoint.name, served);
    this.#indexes.delete(service);
  }

  /** The endpoints of a service of this app, by their names; `undefined` for other services. */
  index(service: string): EndpointIndex | undefined {
    const known = this.#indexes.get(service);
    if (known !== undefined) return known;
    const endpoints = this.#services.get(service);
    if (endpoints === undefined) return undefined;
    const index = new EndpointIndex([...endpoints.values()].map(({ endpoint }) => endpoint));
    this.#indexes.set(service, index);
    return index;
  }

  /** The endpoints of a service of this app; `undefined` for other services. */
  endpoints(service: string): Endpoints | undefined {
    return this.#services.get(service);
  }

  get services(): ReadonlyMap<string, Endpoints> {
    return this.#services;
  }

  /** Answers one call. */
  readonly exchange: Exchange = async (message) => {
    const { codecs, deadlines } = this.#parts;
    const served = this.#find(message);
    const codec = codecs.get(message.contentType);
    const { lifetime } = message;
    const call = new LiveCall(served, message, decode(message, codec));
    const deadline = deadlines.watch(lifetime);
    let streaming = false;
    try {
      const encode = (value: unknown): Uint8Array => codec.encode(value);
      const done = (): void => deadlines.forget(deadline);
      const body = (await served.run(call, encode, done)) as Message['body'];
      streaming = !(body instanceof Uint8Array);
      return { contentType: codec.contentType, metadata: noMetadata, body };
    } finally {
      if (!streaming) deadlines.forget(deadline);
    }
  };

  #find({ service, endpoint, peer }: CallMessage): ServedEndpoint {
    // A caller by plain HTTP may name no service: the endpoint alone is enough if one service has it.
    const endpoints = service === '' ? this.#only(endpoint) : this.#services.get(service);
    if (endpoints === undefined) throw this.#noService(service, endpoint);
    const served = endpoints.get(endpoint);
    if (served === undefined) {
      const text = `${service} has no endpoint ${endpoint.slice(0, 200)}`;
      throw new MicroError('unimplemented', text, { refused: true });
    }
    if (served.internal && !this.#parts.exposeDebug && !isHere(peer))
      throw new MicroError('permission_denied', `${endpoint} answers on its own machine only`);
    return served;
  }

  #only(endpoint: string): Endpoints | undefined {
    let found: Endpoints | undefined;
    for (const endpoints of this.#services.values())
      if (endpoints.has(endpoint)) found ??= endpoints;
    return found;
  }

  #noService(service: string, endpoint: string): MicroError {
    if (service === '')
      return new MicroError('unimplemented', `no endpoint ${endpoint.slice(0, 200)}`);
    const text = `service ${service.slice(0, 200)} does not run here`;
    return new MicroError('not_found', text, { refused: true });
  }
}

function decode({ body }: CallMessage, codec: Codec): unknown {
  if (!isStream(body)) return codec.decode(body);
  const nothing = (): void => undefined;
  return mapStream(body, (bytes) => codec.decode(bytes), nothing, MicroError.from);
}

/** Whether a caller is on this machine, by the address that its transport gives it. */
function isHere(peer: string | undefined): boolean {
  if (peer === undefined || peer === '') return false;
  if (peer.startsWith('in-process')) return true;
  try {
    return isLoopback(parseAddress(peer).host);
  } catch {
    return false;
  }
}
