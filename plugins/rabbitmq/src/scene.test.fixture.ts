// The plugin as an app opens it, and RabbitMQ as others use it.
import { connect } from 'amqplib';
import type { Channel } from 'amqplib';
import { defaultLimits, metadata } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Closable, Delivery } from '@micro-ts/interface';
import type { DeliveryHandler, InputOf, Limits, Logger, Message } from '@micro-ts/interface';
import { rabbitmq } from './index.ts';
import type { rabbitmqOptions } from './options.ts';

export type Options = InputOf<typeof rabbitmqOptions>;

const later: (() => unknown)[] = [];

/** What is closed after each test, last one first. */
export const afterwards = (work: () => unknown): void => void later.push(work);

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const work of later.splice(0).reverse()) await work();
}

/** A broker, and what it logged. */
export function open(
  options: Options,
  limits: Partial<Limits> = {},
): { broker: Broker; logged: { message: string; fields: unknown }[]; close(): Promise<void> } {
  const logged: { message: string; fields: unknown }[] = [];
  const log = (message: string, fields?: unknown): void => void logged.push({ message, fields });
  const logger: Logger = { debug: log, info: log, warn: log, error: log, with: () => logger };
  const all = { ...defaultLimits, ...limits };
  const opened = rabbitmq(options).open({ app: 'test', logger, limits: all });
  afterwards(() => opened.close());
  const absent = (): never => {
    throw new Error('a broker needs none');
  };
  const registry = {
    ...{ register: absent, deregister: absent, lookup: absent, list: absent },
  };
  const broker = opened.create('broker', { registry, network: absent });
  return { broker, logged, close: () => opened.close() };
}

/** A subscription, and what came. */
export interface Heard {
  readonly subscription: Closable;
  readonly deliveries: Delivery[];
  readonly texts: () => readonly string[];
}

/** Subscribes, at least once unless told otherwise. */
export async function hear(
  broker: Broker,
  topic: string,
  changes: Partial<BrokerSubscribeOptions> = {},
  act: DeliveryHandler = async () => undefined,
): Promise<Heard> {
  const deliveries: Delivery[] = [];
  const options = { delivery: 'at-least-once', attempts: 3, concurrency: 16, ...changes } as const;
  const subscription = await broker.subscribe(
    topic,
    async (delivery) => {
      deliveries.push(delivery);
      await act(delivery);
    },
    options,
  );
  afterwards(() => subscription.close());
  return { subscription, deliveries, texts: () => deliveries.map(textOf) };
}

export const event = (text: string, own: Record<string, string> = {}): Message<Uint8Array> => ({
  contentType: 'text/plain',
  metadata: metadata(own),
  body: new TextEncoder().encode(text),
});

export const textOf = ({ body }: Message<Uint8Array>): string => new TextDecoder().decode(body);

/** A channel of another client, closed after the test. */
export async function rawChannel(url: string): Promise<Channel> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  afterwards(() => connection.close().catch(() => undefined));
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  return channel;
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when it is true, with how long that took in ms. */
export async function until(
  what: string,
  done: () => boolean | Promise<boolean>,
  ms = 10_000,
): Promise<number> {
  const start = performance.now();
  while (!(await done())) {
    if (performance.now() - start > ms) throw new Error(`not in ${ms} ms: ${what}`);
    await pause(10);
  }
  return performance.now() - start;
}

/** The error that something rejects with. */
export async function failure(
  work: Promise<unknown>,
): Promise<{ code: string; message: string; refused: boolean }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string; refused: boolean };
  }
  throw new Error('it should have failed');
}
