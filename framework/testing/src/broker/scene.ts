import { metadata } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, BrokerSupports, Closable } from '@micro-ts/interface';
import type { Delivery, DeliveryHandler, Guarantee, Message } from '@micro-ts/interface';
import type { MetadataSource, OpenPlugin } from '@micro-ts/interface';
import type { Later } from '../clause.ts';
import { eventually, same } from '../expect.ts';
import { machine } from '../open.ts';
import type { BrokerKit, DeadLetters } from './options.ts';

/** A subscription, and what came. */
export interface Heard {
  readonly subscription: Closable;
  readonly deliveries: readonly Delivery[];
  /** The bodies as text, in the order in which they came. */
  readonly texts: () => readonly string[];
}

/** What each clause about brokers has at hand. Subscriptions are closed when the test ends. */
export interface BrokerScene {
  readonly supports: BrokerSupports;
  readonly patience: number;
  readonly deadLetters: DeadLetters | undefined;
  /** The plugin, opened by two apps that see the same medium. */
  readonly one: Broker;
  readonly other: Broker;
  readonly openOne: OpenPlugin<'broker'>;
  /** A topic, or the name of a queue, that nothing else uses. */
  topic(): string;
  /** Subscribes; `act` does what a handler would. */
  hear(
    broker: Broker,
    topic: string,
    options?: Partial<BrokerSubscribeOptions>,
    act?: DeliveryHandler,
  ): Promise<Heard>;
  /** Waits until exactly these have come, in any order. */
  got(heard: Heard, texts: readonly string[], why: string): Promise<void>;
}

/** An event whose body is text. */
export const event = (text: string, source?: MetadataSource): Message<Uint8Array> => ({
  contentType: 'text/plain',
  metadata: metadata(source),
  body: new TextEncoder().encode(text),
});

/** `first-0` to `first-<count - 1>`. */
export const texts = (first: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_none, at) => `${first}-${at}`);

/** The clause, once for each guarantee that the broker declares. */
export const withEach =
  (shows: (scene: BrokerScene, delivery: Guarantee) => Promise<void>) =>
  async (scene: BrokerScene): Promise<void> => {
    for (const delivery of scene.supports.delivery) await shows(scene, delivery);
  };

const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;
let topics = 0;

export async function brokerScene(kit: BrokerKit, later: Later): Promise<BrokerScene> {
  const { configured, open, surroundings } = await machine(kit.plugin, later);
  const patience = kit.patience ?? 5_000;
  const { supports } = configured.roles.broker;
  const openOne = open();
  return {
    supports,
    patience,
    deadLetters: kit.deadLetters,
    one: openOne.create('broker', surroundings),
    other: open().create('broker', surroundings),
    openOne,
    topic: () => `kit.${run}.n${(topics += 1)}`,
    hear: async (broker, topic, changes = {}, act = async () => undefined) => {
      const delivery = supports.delivery[0] ?? 'at-most-once';
      const options = { queue: undefined, delivery, attempts: 1, concurrency: 64, ...changes };
      const heard = await hear(broker, topic, options, act);
      later(() => heard.subscription.close());
      return heard;
    },
    got: (heard, expected, why) =>
      eventually(() => same([...heard.texts()].sort(), [...expected].sort(), why), patience),
  };
}

async function hear(
  broker: Broker,
  topic: string,
  options: BrokerSubscribeOptions,
  act: DeliveryHandler,
): Promise<Heard> {
  const deliveries: Delivery[] = [];
  const handler: DeliveryHandler = async (delivery) => {
    deliveries.push(delivery);
    await act(delivery);
  };
  const subscription = await broker.subscribe(topic, handler, options);
  return { subscription, deliveries, texts: () => deliveries.map(textOf) };
}

/** The body of a message as text. */
export const textOf = ({ body }: Message<Uint8Array>): string => new TextDecoder().decode(body);
