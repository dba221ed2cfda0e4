// The plugin, opened as core opens it, and NATS itself beside it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits, metadata } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Closable, Delivery } from '@micro-ts/interface';
import type { DeliveryHandler, LogFields, Message, Node, Registry } from '@micro-ts/interface';
import { bundle } from '@micro-ts/testing/servers';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { eventually } from '@micro-ts/testing';
import nats from './index.ts';

export type Options = NonNullable<Parameters<typeof nats>[0]>;

/** One warning or error. */
export interface Logged {
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** The opened plugin. */
export interface Opened {
  readonly registry: Registry & Required<Pick<Registry, 'watch' | 'localAddress'>>;
  readonly broker: Broker;
  readonly logged: readonly Logged[];
  close(): Promise<void>;
}

const all: (() => unknown)[] = [];

export const afterwards = (work: () => unknown): void => void all.push(work);

/** Closes all that tests have opened, last one first; for `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const work of all.splice(0).reverse()) await work();
}

export function open(options: Options, limits = defaultLimits): Opened {
  const logged: Logged[] = [];
  const log = (message: string, fields?: LogFields): void => void logged.push({ message, fields });
  const silent = (): void => undefined;
  const logger = { debug: silent, info: silent, warn: log, error: log, with: () => logger };
  const opened = nats(options).open({ app: 'test', logger, limits });
  const network = async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' });
  const surroundings = { registry: undefined as unknown as Registry, network };
  const registry = opened.create('registry', surroundings) as Opened['registry'];
  const broker = opened.create('broker', surroundings);
  const close = (): Promise<void> => opened.close();
  afterwards(close);
  return { registry, broker, logged, close };
}

/** The driver, as other programs use it. */
export async function openClient(servers: string, more: object = {}): Promise<NatsConnection> {
  const client = await connect({ servers, reconnect: false, ...more });
  afterwards(() => client.close());
  return client;
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

export const event = (text: string, more: Record<string, string> = {}): Message<Uint8Array> => ({
  contentType: 'application/json',
  metadata: metadata(more),
  body: new TextEncoder().encode(text),
});

export const textOf = ({ body }: Pick<Delivery, 'body'>): string => new TextDecoder().decode(body);

/** A subscription that is opened again whenever it is lost, as core does. */
export async function keepSubscribed(
  broker: Broker,
  topic: string,
  handler: DeliveryHandler,
  options: Partial<BrokerSubscribeOptions> = {},
): Promise<{ close(): Promise<void> }> {
  const all = {
    queue: undefined,
    delivery: 'at-least-once',
    attempts: 3,
    concurrency: 64,
  } as const;
  const subscribe = (): Promise<Closable> =>
    broker.subscribe(topic, handler, { ...all, ...options });
  let current = await subscribe();
  let closing = false;
  const loop = async (): Promise<void> => {
    for (;;) {
      await current.closed;
      if (closing) return;
      current = await eventually(() => {
        if (closing) return current;
        return subscribe();
      }, 60_000);
    }
  };
  const looped = loop();
  const close = async (): Promise<void> => {
    closing = true;
    await current.close();
    await looped;
    await current.close();
  };
  afterwards(close);
  return { close };
}

let made = 0;

export function sampleNode(service: string, changes: Partial<Node> = {}): Node {
  made += 1;
  return {
    id: `${service}-${process.pid}-${made}`,
    service,
    version: '1.0.0',
    address: `127.0.0.1:${10_000 + made}`,
    metadata: metadata({ transport: 'http', protocol: 'mucp' }),
    endpoints: [{ name: 'Greeter.Hello', kind: 'unary', metadata: metadata() }],
    ...changes,
  };
}

/** A program of this folder in a process of its own; `line` resolves with what it says next. */
export interface Program {
  line(): Promise<string>;
  kill(): Promise<void>;
}

/** Compiles a program of this folder and runs it. */
export function run(program: string, ...args: readonly string[]): Program {
  const folder = mkdtempSync(join(tmpdir(), 'nats-program-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const script = bundle(join(__dirname, program), folder);
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  afterwards(kill);
  return {
    kill,
    line: () =>
      eventually(() => {
        const line = lines.shift();
        if (line === undefined) throw new Error(`${program} says nothing`);
        return line;
      }),
  };
}
