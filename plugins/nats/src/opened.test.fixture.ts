// The plugin, opened as core opens it, and NATS itself beside it.
import { metadata } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Delivery } from '@micro-ts/interface';
import type { DeliveryHandler, Limits, Message, Registry } from '@micro-ts/interface';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterwards, keepOpen, openPlugin } from '@micro-ts/testing';
import type { KeptOpen, LogRecorder } from '@micro-ts/testing';
import nats from './index.ts';

export type Options = NonNullable<Parameters<typeof nats>[0]>;

/** The opened plugin. */
export interface Opened {
  readonly registry: Registry & Required<Pick<Registry, 'watch' | 'localAddress'>>;
  readonly broker: Broker;
  readonly log: LogRecorder;
  close(): Promise<void>;
}

export function open(options: Options, limits: Partial<Limits> = {}): Opened {
  const { log, create, close } = openPlugin(nats(options), { limits });
  afterwards(close);
  return {
    registry: create('registry') as Opened['registry'],
    broker: create('broker'),
    log,
    close,
  };
}

/** The driver, as other programs use it. */
export async function openClient(servers: string, more: object = {}): Promise<NatsConnection> {
  const client = await connect({ servers, reconnect: false, ...more });
  afterwards(() => client.close());
  return client;
}

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
): Promise<KeptOpen> {
  const all = {
    queue: undefined,
    delivery: 'at-least-once',
    attempts: 3,
    concurrency: 64,
  } as const;
  const kept = await keepOpen(() => broker.subscribe(topic, handler, { ...all, ...options }));
  afterwards(() => kept.close());
  return kept;
}
