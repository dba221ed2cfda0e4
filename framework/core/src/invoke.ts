import { MicroError } from '@micro-ts/interface';
import type { Body, Call, Codec, Connection, Invoke, Lifetime } from '@micro-ts/interface';
import type { Message, Selector } from '@micro-ts/interface';
import type { Codecs } from './codecs.ts';
import type { LiveCall } from './live-call.ts';
import { mapStream } from './mapped-stream.ts';
import { orEnd } from './or-end.ts';
import type { Peer } from './peer.ts';
import { Raw } from './raw.ts';
import type { Resolver } from './resolver.ts';
import type { ServiceView } from './service-view.ts';
import { isStream } from './streams.ts';

/** What the client's innermost room stands on. */
export interface InvokeParts {
  readonly resolver: Resolver;
  readonly codecs: Codecs;
  readonly selector: Selector;
}

/** A request in bytes. */
interface Outgoing {
  readonly contentType: string;
  readonly body: Body;
  /** Reads the answer; `undefined` if that stays bytes. */
  readonly codec: Codec | undefined;
}

/**
 * The client's innermost room: the request is encoded, a node chosen, both exchanged, the answer
 * decoded. One attempt. It may throw at once: retry, which stands round it, enters it with `enter`.
 */
export function createInvoke({ resolver, codecs, selector }: InvokeParts): Invoke {
  const choose = (call: LiveCall): Peer | Promise<Peer> => {
    const { address, filters } = call.route;
    if (address !== undefined) return resolver.at(address);
    const view = resolver.service(call.service);
    const candidates = view.candidates(filters);
    if (candidates.length > 0) return select(candidates, call, selector);
    return waitForCandidates(view, call).then((found) => select(found, call, selector));
  };

  return (given: Call) => {
    const call = given as LiveCall;
    if (call.lifetime.reason !== undefined) throw call.lifetime.reason;
    const outgoing = encode(call, codecs);
    const chosen = choose(call);
    if (!(chosen instanceof Promise)) return exchange(call, chosen, outgoing);
    return chosen.then((peer) => exchange(call, peer, outgoing));
  };
}

/** One exchange. Written with `then`, because every call passes through here. */
function exchange(call: LiveCall, peer: Peer, outgoing: Outgoing): Promise<unknown> {
  call.chosen = peer;
  call.peer = peer.node.id;
  peer.begin();
  let began = performance.now();
  const connect = async (): Promise<Connection> => {
    const opened = await orEnd(call.lifetime, peer.connect());
    began = performance.now();
    return opened;
  };
  return send(call, outgoing, peer.connection ?? connect()).then(
    ({ body }) => {
      if (!(body instanceof Uint8Array)) return decodeStream(body, call, outgoing, peer);
      peer.done(performance.now() - began);
      return decode(body, call, outgoing);
    },
    (error: unknown) => {
      peer.done(undefined);
      throw unknownUnlessCoded(error);
    },
  );
}

function send(
  { service, endpoint, metadata, lifetime, attempt }: LiveCall,
  { contentType, body }: Outgoing,
  connection: Connection | Promise<Connection>,
): Promise<Message> {
  const message = { service, endpoint, contentType, metadata, lifetime, attempt, body };
  if (connection instanceof Promise) return connection.then((opened) => opened.exchange(message));
  try {
    return connection.exchange(message);
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

/** A streamed answer; the node has it in hand until the stream has ended. */
function decodeStream(
  body: AsyncIterable<Uint8Array>,
  call: LiveCall,
  outgoing: Outgoing,
  peer: Peer,
): AsyncIterable<unknown> {
  return mapStream(body, {
    lifetime: call.lifetime,
    change: (bytes) => decode(bytes, call, outgoing),
    translate: unknownUnlessCoded,
    ended: () => peer.done(undefined),
  });
}

const unknownUnlessCoded = (error: unknown): MicroError => MicroError.from(error, 'unknown');

function encode({ request, route, lifetime }: LiveCall, codecs: Codecs): Outgoing {
  const raw = route.raw === true;
  if (request instanceof Raw) {
    const { contentType, bytes } = request;
    const codec = raw ? undefined : codecs.get(contentType);
    return { contentType, codec, body: codecs.bounded(bytes) };
  }
  const codec = codecs.for(request, route.contentType);
  const body = isStream(request)
    ? encodeStream(request, codec, codecs, lifetime)
    : codecs.encode(codec, request);
  return { contentType: codec.contentType, codec: raw ? undefined : codec, body };
}

function encodeStream(
  requests: AsyncIterable<unknown>,
  codec: Codec,
  codecs: Codecs,
  lifetime: Lifetime,
): AsyncIterable<Uint8Array> {
  return mapStream(requests, { lifetime, change: (value) => codecs.encode(codec, value) });
}

function decode(
  bytes: Uint8Array,
  { endpoint }: LiveCall,
  { contentType, codec }: Outgoing,
): unknown {
  if (codec === undefined) return new Raw(contentType, bytes.slice());
  try {
    return codec.decode(bytes);
  } catch (cause) {
    const why = cause instanceof MicroError ? `: ${cause.message}` : '';
    throw new MicroError('data_loss', `the answer of ${endpoint} cannot be read${why}`, { cause });
  }
}

/** The choice among those that were not tried for this call, if there are any. */
function select(candidates: readonly Peer[], call: LiveCall, usual: Selector): Peer {
  const { tried, route } = call;
  const selector = route.selector ?? usual;
  if (tried.length === 0) return selector.select(candidates, call) as Peer;
  const fresh = candidates.filter((peer) => !tried.includes(peer));
  return selector.select(fresh.length > 0 ? fresh : candidates, call) as Peer;
}

/** Waits for nodes as long as that makes sense. */
async function waitForCandidates(view: ServiceView, call: LiveCall): Promise<readonly Peer[]> {
  const { lifetime, route } = call;
  for (;;) {
    const candidates = view.candidates(route.filters);
    if (candidates.length > 0) return candidates;
    if (lifetime.reason !== undefined) throw view.waitedInVain(lifetime.reason);
    const patience = view.patience(route.filters);
    if (patience <= 0) throw view.nobody();
    await view.change(lifetime, patience);
  }
}
