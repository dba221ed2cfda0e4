import { defaultLimits, Lifetime, noMetadata } from '@micro-ts/interface';
import type { Body, CallMessage, Closable, Connection, Exchange } from '@micro-ts/interface';
import type { Limits, Listener, Logger } from '@micro-ts/interface';
import { BusTransport } from './bus-transport.ts';
import { MemoryBus, MemoryServer } from './memory-bus.test.fixture.ts';

/** What a promise rejects with. */
export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`resolved with ${String(value)}`);
    },
    (reason: unknown) => reason,
  );

/** A logger that keeps its lines. */
export class Lines implements Logger {
  readonly lines: string[] = [];
  readonly debug = (text: string): void => void this.lines.push(text);
  readonly info = this.debug;
  readonly warn = this.debug;
  readonly error = this.debug;
  with(): Logger {
    return this;
  }
}

/** A transport of one process. */
export function transportOn(
  server: MemoryServer,
  { limits = {}, maxBytes, logger = new Lines() }: Options = {},
): BusTransport<Closable> & { buses: MemoryBus[] } {
  let link: Promise<Closable> | undefined;
  const buses: MemoryBus[] = [];
  const known = new WeakMap<Closable, MemoryBus>();
  const connection = async (): Promise<Closable> => {
    const mine = (link ??= server.connect());
    const forget = (): void => void (link = undefined);
    mine.then(({ closed }) => closed).then(forget, forget);
    return mine;
  };
  const busOf = (own: Closable): MemoryBus => {
    const bus = known.get(own) ?? new MemoryBus(server, own, maxBytes);
    if (!known.has(own)) buses.push(bus);
    known.set(own, bus);
    return bus;
  };
  const all = { ...defaultLimits, ...limits };
  const transport = new BusTransport({
    name: 'memory-bus',
    connection,
    busOf,
    limits: all,
    logger,
  });
  return Object.assign(transport, { buses });
}

/** How a transport is made. */
export interface Options {
  readonly limits?: Partial<Limits>;
  readonly maxBytes?: number;
  readonly logger?: Logger;
}

/** A listener and a connection to it, in two processes as it were. */
export async function pair(
  exchange: Exchange,
  options: Options = {},
): Promise<{
  server: MemoryServer;
  listener: Listener;
  connection: Connection;
  client: ReturnType<typeof transportOn>;
}> {
  const server = new MemoryServer();
  const listener = await transportOn(server, options).listen('127.0.0.1:0', exchange);
  const client = transportOn(server, options);
  const { address, metadata } = listener;
  const connection = await client.connect({ id: 'node', address, metadata });
  return { server, listener, connection, client };
}

/** A call, five seconds from now. */
export const call = (
  body: Body | string = '{}',
  changes: Partial<CallMessage> = {},
): CallMessage => ({
  service: 'greeter',
  endpoint: 'Greeter.Hello',
  contentType: 'application/json',
  attempt: 1,
  metadata: noMetadata,
  lifetime: new Lifetime(performance.now() + 5_000),
  body: typeof body === 'string' ? Buffer.from(body) : body,
  ...changes,
});

/** Answers with what it was sent. */
export const echo: Exchange = async ({ contentType, body }) => ({
  contentType,
  metadata: noMetadata,
  body,
});
