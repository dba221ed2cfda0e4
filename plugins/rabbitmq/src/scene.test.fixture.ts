// The plugin as an app opens it, and RabbitMQ as others use it.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'amqplib';
import type { Channel } from 'amqplib';
import { metadata } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Closable, Delivery } from '@micro-ts/interface';
import type { DeliveryHandler, InputOf, Limits, Message } from '@micro-ts/interface';
import { afterwards, openPlugin } from '@micro-ts/testing';
import type { LogRecorder } from '@micro-ts/testing';
import { rabbitmq } from './index.ts';
import type { rabbitmqOptions } from './options.ts';

export type Options = InputOf<typeof rabbitmqOptions>;

/** A broker, and what it logged. */
export function open(
  options: Options,
  limits: Partial<Limits> = {},
): { broker: Broker; log: LogRecorder; close(): Promise<void> } {
  const { log, create, close } = openPlugin(rabbitmq(options), { limits });
  afterwards(close);
  return { broker: create('broker'), log, close };
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

/** Resolves when it is true, with how long that took in ms; fails after so many. */
export async function until(
  what: string,
  done: () => boolean | Promise<boolean>,
  ms = 30_000,
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
