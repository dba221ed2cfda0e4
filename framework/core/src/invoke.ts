import { MicroError } from '@micro-ts/interface';
import type { Body, Call, Codec, Invoke, Lifetime, Message, Selector } from '@micro-ts/interface';
import type { Codecs } from './codecs.ts';
import { anyRoute, LiveCall } from './live-call.ts';
import type { Peer } from './peer.ts';
import { Raw } from './raw.ts';
import type { Resolver } from './resolver.ts';
import type { ServiceView } from './service-view.ts';
import { isStream, mapStream } from './streams.ts';

/** How long a call waits for the first node of a service, in ms. */
const waitForNodes = 2_000;

/** What the client's innermost room stands on. */
export interface InvokeParts {
  readonly resolver: Resolver;
  readonly codecs: Codecs;
  readonly selector: Selector;
}

/**
 * The client's innermost room: a node is chosen, the request encoded, exchanged, the answer decoded.
 * One attempt; whatever goes wrong is a `MicroError`.
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

  const begin = (call: LiveCall): Promise<unknown> => {
    if (call.lifetime.reason !== undefined) throw call.lifetime.reason;
    const chosen = choose(call);
    if (!(chosen instanceof Promise)) return exchange(call, chosen, codecs);
    return chosen.then((peer) => exchange(call, peer, codecs));
  };
  return (call: Call) => {
    try {
      return begin(call as LiveCall);
    } catch (error) {
      return Promise.reject(MicroError.from(error));
    }
  };
}

async function exchange(call: LiveCall, peer: Peer, codecs: Codecs): Promise<unknown> {
  call.chosen = peer;
  call.peer = peer.node.id;
  const { service, endpoint, metadata, lifetime, attempt } = call;
  const began = performance.now();
  peer.begin();
  let streaming = false;
  let answered = false;
  try {
    const { contentType, body, codec } = encode(call, codecs);
    const connection = peer.connection ?? (await within(lifetime, peer.connect()));
    const message = { service, endpoint, contentType, metadata, lifetime, attempt, body };
    const answer = await connection.exchange(message);
    answered = true;
    if (answer.body instanceof Uint8Array) return decode(answer.body, answer, call, codec);
    streaming = true;
    return streamed(answer.body, answer, call, codec, peer);
  } catch (error) {
    throw MicroError.from(error, 'unknown');
  } finally {
    if (!streaming) peer.done(answered ? performance.now() - began : undefined);
  }
}

/** A streamed answer; the node has it in hand until the stream has ended. */
function streamed(
  body: AsyncIterable<Uint8Array>,
  answer: Message,
  call: LiveCall,
  codec: Codec | undefined,
  peer: Peer,
): AsyncIterable<unknown> {
  const done = (): void => peer.done(undefined);
  return mapStream(body, (bytes) => decode(bytes, answer, call, codec), done, broken);
}

const broken = (error: unknown): MicroError => MicroError.from(error, 'unknown');

function encode(
  { request, route }: LiveCall,
  codecs: Codecs,
): { readonly contentType: string; readonly body: Body; readonly codec: Codec | undefined } {
  if (request instanceof Raw)
    return { contentType: request.contentType, body: request.bytes, codec: undefined };
  const codec = codecs.for(request, route.contentType);
  const { contentType } = codec;
  const body = isStream(request) ? encodeStream(request, codec) : codec.encode(request);
  return { contentType, codec, body };
}

function encodeStream(requests: AsyncIterable<unknown>, codec: Codec): AsyncIterable<Uint8Array> {
  const encodeOne = (each: unknown): Uint8Array =>
    each instanceof Raw ? each.bytes : codec.encode(each);
  return mapStream(requests, encodeOne, () => undefined, MicroError.from);
}

function decode(
  body: Uint8Array,
  { contentType }: Message,
  { route }: LiveCall,
  codec: Codec | undefined,
): unknown {
  if (route.raw === true || codec === undefined) return new Raw(contentType, body.slice());
  return codec.decode(body);
}

/** The choice among those that were not tried for this call, if there are any. */
function select(candidates: readonly Peer[], call: LiveCall, usual: Selector): Peer {
  const { tried, route } = call;
  const selector = route.selector ?? usual;
  if (tried.length === 0) return selector.select(candidates, call) as Peer;
  const fresh = candidates.filter((peer) => !tried.includes(peer));
  return selector.select(fresh.length > 0 ? fresh : candidates, call) as Peer;
}

/** Waits for nodes: two seconds for the first one of a service, the call's time while all drain. */
async function waitForCandidates(view: ServiceView, call: LiveCall): Promise<readonly Peer[]> {
  const { lifetime } = call;
  const { filters } = call.route ?? anyRoute;
  for (;;) {
    const candidates = view.candidates(filters);
    if (candidates.length > 0) return candidates;
    if (lifetime.reason !== undefined) throw lifetime.reason;
    const filtered = filters !== undefined && view.candidates(undefined).length > 0;
    const drained = view.nodes.length > 0 && !filtered;
    const left = drained ? Infinity : waitForNodes - view.emptyFor();
    if (left <= 0 || filtered) throw nobody(view, filtered);
    await view.change(lifetime, left);
  }
}

function nobody(view: ServiceView, filtered: boolean): MicroError {
  if (filtered) {
    const text = `no node of ${view.name} passes the filters`;
    return new MicroError('unavailable', text, { refused: true });
  }
  if (!view.known) {
    const text = `the registry does not answer, so the nodes of ${view.name} are not known`;
    return new MicroError('unavailable', text, { refused: true });
  }
  return view.seen
    ? new MicroError('unavailable', `no node of ${view.name} is up`, { refused: true })
    : new MicroError('not_found', `no service ${view.name} is registered`);
}

/** The work, or the end of the lifetime if that comes first. */
function within<T>(lifetime: Lifetime, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    lifetime.onEnd(reject);
    work.then(
      (value) => {
        lifetime.offEnd(reject);
        resolve(value);
      },
      (error: unknown) => {
        lifetime.offEnd(reject);
        reject(error as Error);
      },
    );
  });
}
