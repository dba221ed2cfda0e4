import { closable } from '@micro-ts/interface';
import { MicroError } from 'micro-ts';
import type { Closable, EndpointKind } from 'micro-ts';
import type { Micro } from '@micro-ts/commands';
import { callOnce, callStream } from './calls.ts';
import { EventContext } from './event-context.ts';
import { listen, readFrame } from './listen.ts';
import { headersOf, rawOf } from './messages.ts';
import { add, allNodes, lookup, readRecords, remove } from './records.ts';
import type { ServerSentEvent } from './server-sent-events.ts';
import { Sidecar } from './sidecar.ts';

/** The verbs of an app, spoken to a sidecar. Closing it ends what it holds open. */
export function createProxyMicro(
  address: string,
  token?: string,
): Required<Micro> & { close(): Promise<void> } {
  const sidecar = new Sidecar(address, token);
  const kindOf = createKinds(sidecar);
  const open = new Set<Closable>();
  const keep = (held: Closable): Closable => {
    open.add(held);
    void held.closed.then(() => open.delete(held));
    return held;
  };
  return {
    async call(service, endpoint, request = {}, options = {}) {
      const kind = options.address === undefined ? await kindOf(service, endpoint) : 'unary';
      if (kind === 'unary') return callOnce(sidecar, service, endpoint, request, options);
      if (kind === 'server') return callStream(sidecar, service, endpoint, request, options);
      const text = `${endpoint} takes a stream of requests, which --proxy cannot send`;
      throw new MicroError('unimplemented', text);
    },
    async publish(topic, event, { metadata, key } = {}) {
      const { contentType, bytes } = rawOf(event);
      const headers = { ...headersOf(metadata), 'content-type': contentType };
      const query = { topic: nameOf(topic), key };
      await sidecar.ask({ method: 'POST', path: '/broker', query, headers, body: bytes });
    },
    async subscribe(topic, handler, { queue, delivery } = {}) {
      const handle = handler as (event: unknown, context: EventContext) => Promise<void>;
      const take = ({ data }: ServerSentEvent, signal: AbortSignal): Promise<void> => {
        const framed = readFrame(data);
        return handle(framed.event, new EventContext(framed.topic, framed.metadata, signal));
      };
      return keep(
        await listen(sidecar, '/broker', { topic: nameOf(topic), queue, delivery }, take),
      );
    },
    async register(node, ttl) {
      await add(sidecar, node, ttl);
      return keep(closable(() => remove(sidecar, node)));
    },
    deregister: (node) => remove(sidecar, node),
    lookup: (service) => lookup(sidecar, service),
    async list() {
      const nodes = await allNodes(sidecar);
      return [...new Set(nodes.map(({ service }) => service))].sort();
    },
    async watch(listener, service) {
      const tell = ({ data }: ServerSentEvent): void => {
        const { name, services } = JSON.parse(data) as { name: string; services: unknown };
        listener(new Map([[name, readRecords(JSON.stringify(services))]]));
      };
      return keep(await listen(sidecar, '/registry', { service }, tell));
    },
    async close() {
      await Promise.allSettled([...open].map((each) => each.close()));
    },
  };
}

const nameOf = (topic: string | { readonly name: string }): string =>
  typeof topic === 'string' ? topic : topic.name;

/** The kinds of endpoints, each asked for once. What no record lists is taken for unary. */
function createKinds(sidecar: Sidecar) {
  const kinds = new Map<string, Promise<EndpointKind>>();
  const find = async (service: string, endpoint: string): Promise<EndpointKind> => {
    const nodes = await lookup(sidecar, service);
    const all = nodes.flatMap(({ endpoints }) => endpoints);
    return all.find(({ name }) => name === endpoint)?.kind ?? 'unary';
  };
  return (service: string, endpoint: string): Promise<EndpointKind> => {
    const key = `${service} ${endpoint}`;
    const known = kinds.get(key) ?? find(service, endpoint);
    kinds.set(key, known);
    known.catch(() => kinds.delete(key));
    return known;
  };
}
