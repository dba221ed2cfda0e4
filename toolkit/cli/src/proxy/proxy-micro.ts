import { misuse } from '@micro-ts/commands';
import type { Micro } from '@micro-ts/commands';
import { closable } from '@micro-ts/interface';
import { MicroError } from 'micro-ts';
import type { Closable } from 'micro-ts';
import { acknowledge } from './acknowledge.ts';
import { callThrough } from './calls.ts';
import { EventContext } from './event-context.ts';
import { listen, readData, readFrame } from './listen.ts';
import type { Framed } from './listen.ts';
import { headersOf, rawOf } from './messages.ts';
import { add, allNodes, lookup, readRecords, remove } from './records.ts';
import type { ServerSentEvent } from './server-sent-events.ts';
import { Sidecar } from './sidecar.ts';

type EventHandler = (event: unknown, context: EventContext) => Promise<void>;

/** The verbs of an app, spoken to a sidecar. Closing it ends what it holds open. */
export function createProxyMicro(
  address: string,
  token?: string,
): Required<Micro> & { close(): Promise<void> } {
  const sidecar = new Sidecar(address, token);
  const open = new Set<Closable>();
  const keep = (held: Closable): Closable => {
    open.add(held);
    void held.closed.then(() => open.delete(held));
    return held;
  };
  return {
    call: (service, endpoint, request = {}, options = {}) =>
      callThrough(sidecar, service, endpoint, request, options),
    async publish(topic, event, { metadata, key } = {}) {
      const { contentType, bytes } = rawOf(event);
      const headers = { ...headersOf(metadata), 'content-type': contentType };
      const query = { topic: nameOf(topic), key };
      await sidecar.ask({ method: 'POST', path: '/broker', query, headers, body: bytes });
    },
    async subscribe(topic, handler, { queue, delivery, attempts, concurrency } = {}) {
      const handle = (framed: Framed, signal: AbortSignal): Promise<void> =>
        (handler as EventHandler)(framed.event, new EventContext(framed, signal));
      const wanted = { topic: nameOf(topic), queue };
      if (delivery === 'at-least-once') {
        const limits = { attempts: attempts?.toString(), concurrency: concurrency?.toString() };
        const asked = { ...wanted, ...limits };
        return keep(await acknowledge(sidecar, asked, handle).catch(throwMisuse));
      }
      // An event that need not arrive may fail, and the next one comes all the same.
      const take = ({ data }: ServerSentEvent, signal: AbortSignal): Promise<void> =>
        handle(readFrame(data), signal).catch(() => undefined);
      return keep(await listen(sidecar, '/broker', wanted, take).catch(throwMisuse));
    },
    async register(node, ttl) {
      const waits = await add(sidecar, node, ttl);
      const kept = keep(closable(() => remove(sidecar, node)));
      return waits === undefined ? kept : { ...kept, waits };
    },
    deregister: (node) => remove(sidecar, node),
    lookup: (service) => lookup(sidecar, service),
    async list() {
      const nodes = await allNodes(sidecar);
      return [...new Set(nodes.map(({ service }) => service))].sort();
    },
    async watch(listener, service) {
      const tell = ({ data }: ServerSentEvent): void => {
        const { name, services } = readData(data) as { name: string; services: unknown };
        listener(new Map([[name, readRecords(JSON.stringify(services))]]));
      };
      return keep(await listen(sidecar, '/registry', { service }, tell));
    },
    async close() {
      await Promise.allSettled([...open].map((each) => each.close()));
    },
  };
}

/** What the broker of the sidecar cannot do is wrong to ask for, as it is of a broker of one's own. */
function throwMisuse(error: unknown): never {
  const { code, message } = MicroError.from(error);
  throw code === 'unimplemented' ? misuse(message) : error;
}

const nameOf = (topic: string | { readonly name: string }): string =>
  typeof topic === 'string' ? topic : topic.name;
