// Opens the plugin as apps do, and keeps what they say.
import { setTimeout as pause } from 'node:timers/promises';
import { metadata } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Delivery } from '@micro-ts/interface';
import type { DeliveryHandler, Limits, Message, Registry } from '@micro-ts/interface';
import { keepOpen, openPlugin } from '@micro-ts/testing';
import type { KeptOpen, LogRecorder } from '@micro-ts/testing';
import { redis } from './index.ts';

type Options = Parameters<typeof redis>[0];

/** An app with the plugin. */
export interface App {
  readonly broker: Broker;
  readonly registry: Registry;
  readonly log: LogRecorder;
  close(): Promise<void>;
}

export function openApp(options: Options, limits: Partial<Limits> = {}): App {
  const { log, create, close } = openPlugin(redis(options), { limits });
  return { broker: create('broker'), registry: create('registry'), log, close };
}

export const event = (text: string): Message<Uint8Array> => ({
  contentType: 'text/plain',
  metadata: metadata(),
  body: new TextEncoder().encode(text),
});

export const textOf = ({ body }: Message<Uint8Array>): string => new TextDecoder().decode(body);

const defaults: BrokerSubscribeOptions = {
  queue: undefined,
  delivery: 'at-least-once',
  attempts: 3,
  concurrency: 16,
};

/** A subscription that is opened again when it was lost, as core does. */
export async function keepSubscribed(
  { broker }: App,
  topic: string,
  options: Partial<BrokerSubscribeOptions> = {},
  act: DeliveryHandler = async () => undefined,
): Promise<KeptOpen & { readonly deliveries: readonly Delivery[] }> {
  const deliveries: Delivery[] = [];
  const handler: DeliveryHandler = async (delivery) => {
    deliveries.push(delivery);
    await act(delivery);
  };
  const kept = await keepOpen(() => broker.subscribe(topic, handler, { ...defaults, ...options }));
  return { deliveries, close: kept.close };
}

/** Publishes until it is taken. @returns how many attempts it took */
export async function publishSurely({ broker }: App, topic: string, text: string): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      await broker.publish(topic, event(text));
      return tries;
    } catch {
      await pause(20);
    }
  }
}
