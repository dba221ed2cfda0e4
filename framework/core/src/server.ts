import { ConfigError, Lifetime, MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Codec, Exchange, Message, Node } from '@micro-ts/interface';
import { isLoopback, parseAddress } from '@micro-ts/wire';
import type { Codecs } from './codecs.ts';
import type { Deadlines } from './deadlines.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { filterNodes } from './filters.ts';
import type { Filters } from './filters.ts';
import { LiveCall } from './live-call.ts';
import { mapStream } from './mapped-stream.ts';
import { orEnd } from './or-end.ts';
import type { ServedEndpoint } from './served-endpoint.ts';
import { isStream } from './streams.ts';

/** What a server stands on. */
export interface ServerParts {
  readonly codecs: Codecs;
  readonly deadlines: Deadlines;
  /** Deadline of a unary call in ms, where caller and endpoint name none. */
  readonly deadline: number;
  /** Whether `Debug.*` may be called from beyond this machine. */
  readonly exposeDebug: boolean;
}

/** One service of this app. */
interface LocalService {
  readonly endpoints: Map<string, ServedEndpoint>;
  index: EndpointIndex | undefined;
  /** Its record, once it is known where it listens. */
  node: Node | undefined;
}

/** The server's side of a call: finds the endpoint, decodes, runs it, encodes. Its `exchange` is what listeners are given. */
export class Server {
  readonly #parts: ServerParts;
  readonly #services = new Map<string, LocalService>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /**
   * Serves an endpoint.
   * @throws ConfigError if there is one of its name
   */
  add(served: ServedEndpoint): void {
    const { service, endpoint } = served;
    let known = this.#services.get(service);
    if (known === undefined)
      this.#services.set(
        service,
        (known = { endpoints: new Map(), index: undefined, node: undefined }),
      );
    if (known.endpoints.has(endpoint.name))
      throw new ConfigError(
        'services',
        `two handlers of ${service} are called ${endpoint.name}`,
        'Rename one, with name: at @Handler, or prefix: at @Service. Debug.Health and Debug.Stats are taken.',
      );
    known.endpoints.set(endpoint.name, served);
    known.index = undefined;
  }

  /** Says by which record others know a service of this app. */
  describe(node: Node): void {
    const known = this.#services.get(node.service);
    if (known !== undefined) known.node = node;
  }

  /** The endpoints of a service of this app, by either of their names; `undefined` for other services. */
  index(service: string): EndpointIndex | undefined {
    const known = this.#services.get(service);
    if (known === undefined) return undefined;
    return (known.index ??= new EndpointIndex(
      Array.from(known.endpoints.values(), ({ endpoint }) => endpoint),
    ));
  }

  /** The endpoints of a service of this app; `undefined` for others, and where its node does not pass. */
  endpoints(service: string, filters?: Filters): ReadonlyMap<string, ServedEndpoint> | undefined {
    const known = this.#services.get(service);
    if (known === undefined || filters === undefined) return known?.endpoints;
    const { node } = known;
    const { version, labels, zone } = filters;
    const wanted = zone === undefined ? labels : { ...labels, zone };
    const passed = node === undefined ? [] : filterNodes([{ node }], { version, labels: wanted });
    return passed.length > 0 ? known.endpoints : undefined;
  }

  /** Names of the services of this app. */
  get services(): readonly string[] {
    return [...this.#services.keys()];
  }

  /** Answers one call. */
  readonly exchange: Exchange = (message) => {
    try {
      const served = this.#find(message);
      if (message.lifetime.expires !== Infinity || served.kind !== 'unary')
        return this.#answer(served, message);
      // Callers of Micro always name a deadline; Go, curl and browsers need not.
      const lifetime = within(message.lifetime, served.timeout ?? this.#parts.deadline);
      return orEnd(lifetime, this.#answer(served, { ...message, lifetime }));
    } catch (error) {
      return Promise.reject(MicroError.from(error));
    }
  };

  async #answer(served: ServedEndpoint, message: CallMessage): Promise<Message> {
    const { codecs, deadlines } = this.#parts;
    const { lifetime } = message;
    const codec = codecs.get(message.contentType);
    const call = new LiveCall(served, message, decode(message, codec));
    const deadline = deadlines.watch(lifetime);
    const done = (): void => deadlines.forget(deadline);
    let streaming = false;
    try {
      const encode = (value: unknown): Uint8Array => codecs.encode(codec, value);
      const body = (await served.run(call, encode, done)) as Message['body'];
      streaming = !(body instanceof Uint8Array);
      return { contentType: codec.contentType, metadata: noMetadata, body };
    } finally {
      if (!streaming) done();
    }
  }

  #find({ service, endpoint, peer }: CallMessage): ServedEndpoint {
    const known = this.#services.get(service);
    // A caller by plain HTTP may name no service: the endpoint alone is enough if one service has it.
    const served = service === '' ? this.#only(endpoint) : known?.endpoints.get(endpoint);
    if (served === undefined) throw nothingHere(service, endpoint, known !== undefined);
    if (served.debug && !this.#parts.exposeDebug && !isHere(peer))
      throw new MicroError('permission_denied', `${endpoint} answers on its own machine only`);
    return served;
  }

  #only(endpoint: string): ServedEndpoint | undefined {
    for (const { endpoints } of this.#services.values()) {
      const served = endpoints.get(endpoint);
      if (served !== undefined) return served;
    }
    return undefined;
  }
}

/** A lifetime that ends after `ms`, or with the outer one. */
function within(outer: Lifetime, ms: number): Lifetime {
  const inner = new Lifetime(performance.now() + ms);
  outer.onEnd((reason) => inner.end(reason));
  return inner;
}

/** Why a call is turned away. Texts of a peer are cut: they stand in errors and logs. */
function nothingHere(service: string, endpoint: string, known: boolean): MicroError {
  const refused = { refused: true };
  const name = endpoint.slice(0, 200);
  if (service === '') return new MicroError('unimplemented', `no endpoint ${name}`, refused);
  if (known) return new MicroError('unimplemented', `${service} has no endpoint ${name}`, refused);
  const text = `service ${service.slice(0, 200)} does not run here`;
  return new MicroError('not_found', text, refused);
}

function decode({ body, lifetime }: CallMessage, codec: Codec): unknown {
  const change = (bytes: Uint8Array): unknown => {
    try {
      return codec.decode(bytes) ?? {};
    } catch (error) {
      throw MicroError.from(error, 'invalid_argument');
    }
  };
  return isStream(body) ? mapStream(body, { lifetime, change }) : change(body);
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
