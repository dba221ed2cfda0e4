import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { defaultLimits, Lifetime, metadata, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Connection, Exchange, InputOf, Limits } from '@micro-ts/interface';
import type {
  Listener,
  Logger,
  Message,
  Metadata,
  OpenPlugin,
  Registry,
} from '@micro-ts/interface';
import { MemoryNetwork, memory } from '@micro-ts/memory';
import { until } from '@micro-ts/testing';
import { http } from './index.ts';
import type { httpOptions } from './options.ts';

export type Options = InputOf<typeof httpOptions>;

/** What is closed after each test, last one first. */
const later: (() => unknown)[] = [];

export const afterwards = (work: () => unknown): void => void later.push(work);

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const work of later.splice(0).reverse()) await work();
}

export const logged: { message: string; fields: unknown }[] = [];
const log = (message: string, fields?: unknown): void => void logged.push({ message, fields });
const logger: Logger = { debug: log, info: log, warn: log, error: log, with: () => logger };

/** The plugin, opened as an app opens it. */
export function open(options: Options = {}, limits: Partial<Limits> = {}): OpenPlugin {
  const all = { ...defaultLimits, ...limits };
  const plugin = http(options).open({ app: 'test', logger, limits: all }) as OpenPlugin;
  afterwards(() => plugin.close());
  return plugin;
}

/** Registry and network of a test; several apps may share the registry. */
export function surroundings(registry: Registry = newRegistry()) {
  const network = async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' });
  return { registry, network };
}

export function newRegistry(): Registry {
  const plugin = memory({ network: new MemoryNetwork() });
  const opened = plugin.open({ app: 'test', logger, limits: defaultLimits }) as OpenPlugin;
  afterwards(() => opened.close());
  return opened.create('registry', {} as ReturnType<typeof surroundings>);
}

/** A listener on a free port, closed after the test. */
export async function listen(
  exchange: Exchange,
  options: Options = {},
  limits: Partial<Limits> = {},
  address = '127.0.0.1:0',
): Promise<Listener & { readonly port: number }> {
  const transport = open(options, limits).create('transport', surroundings());
  const listener = await transport.listen(address, exchange);
  afterwards(() => listener.close());
  return { ...listener, port: Number(listener.address.split(':').at(-1)) };
}

/** A connection, closed after the test. Without metadata the address counts as given by hand. */
export async function connectTo(
  listener: Pick<Listener, 'address'> & { readonly metadata?: Metadata },
  options: Options = {},
  limits: Partial<Limits> = {},
): Promise<Connection> {
  const transport = open(options, limits).create('transport', surroundings());
  const { address, metadata: own = noMetadata } = listener;
  const connection = await transport.connect({ id: 'greeter-1', address, metadata: own });
  afterwards(() => connection.close());
  return connection;
}

/** Metadata of a node that has no frames, as go-micro's have. */
export const plain = metadata({ transport: 'http', protocol: 'mucp', server: 'mucp' });

/** A call with a JSON body. */
export function call(value: unknown, changes: Partial<CallMessage> = {}): CallMessage {
  return {
    service: 'greeter',
    endpoint: 'Greeter.Hello',
    contentType: 'application/json',
    metadata: noMetadata,
    attempt: 1,
    lifetime: new Lifetime(),
    body: Buffer.from(JSON.stringify(value)),
    ...changes,
  };
}

export const json = ({ body }: Message): unknown => JSON.parse(textOf(body));

export function textOf(body: Message['body']): string {
  if (!(body instanceof Uint8Array)) throw new Error('a stream');
  return Buffer.from(body).toString('utf8');
}

/** Answers `{"message":"Hello <name>"}`. */
export const greet: Exchange = async ({ body, contentType }) => {
  const { name } = JSON.parse(textOf(body)) as { name: string };
  return { contentType, metadata: noMetadata, body: Buffer.from(`{"message":"Hello ${name}"}`) };
};

/** A socket of its own, to write and read bytes as they are. */
export async function rawSocket(port: number): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  afterwards(() => socket.destroy());
  return new RawSocket(socket);
}

export class RawSocket {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #read = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => (this.#read += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  get text(): string {
    return this.#read;
  }

  write(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** All that came so far, once it holds `part` so many times. */
  async until(part: string, times = 1): Promise<string> {
    await until(() => this.#read.split(part).length > times);
    return this.#read;
  }
}

/** A promise and what settles it. */
export function gate<T = void>(): { opened: Promise<T>; open: (value: T) => void } {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}
