import { setTimeout as pause } from 'node:timers/promises';
import { metadata } from '@micro-ts/interface';
import type { Broker, DeliveryHandler } from '@micro-ts/interface';
import { brokerKit, runKit } from '@micro-ts/testing';
import { broken } from './broken.test.fixture.ts';

type Spoil = (original: Broker) => Partial<Broker>;

/** Subscribes with another handler. */
const handling =
  (change: (handler: DeliveryHandler) => DeliveryHandler): Spoil =>
  (original) => ({
    subscribe: (topic, handler, options) => original.subscribe(topic, change(handler), options),
  });
/** What is wrong, and the clause that must say so. */
const wrong: Record<string, [Spoil, RegExp]> = {
  'queues that are none': [
    (original) => ({
      subscribe: (topic, handler, options) =>
        original.subscribe(topic, handler, { ...options, queue: undefined }),
    }),
    /one subscriber of each queue/,
  ],
  'one queue for all topics': [
    (original) => ({
      subscribe: (_topic, handler, options) => original.subscribe('kit.>', handler, options),
    }),
    /same name on another topic/,
  ],
  'events that come twice': [
    handling((handler) => async (delivery) => {
      await handler(delivery);
      await handler(delivery);
    }),
    /500 events/,
  ],
  'events that are lost in a crowd': [
    (original) => {
      let running = 0;
      return {
        publish: async (topic, message) => {
          running += 1;
          if (running < 400) await original.publish(topic, message);
          await pause(1);
          running -= 1;
        },
      };
    },
    /500 events/,
  ],
  'metadata that is lost': [
    handling((handler) => (delivery) => handler({ ...delivery, metadata: metadata() })),
    /arrives as it was published/,
  ],
  'a content type that is made up': [
    handling((handler) => (delivery) => handler({ ...delivery, contentType: 'text/plain' })),
    /arrives as it was published/,
  ],
  'bytes that went through text': [
    handling((handler) => (delivery) => {
      const text = new TextDecoder().decode(delivery.body);
      return handler({ ...delivery, body: new TextEncoder().encode(text) });
    }),
    /arrives as it was published/,
  ],
  'bytes that are shared': [
    (original) => {
      const bodies = new Map<string, Uint8Array>();
      return {
        publish: async (topic, message) => {
          bodies.set(topic, message.body);
          await original.publish(topic, message);
        },
        subscribe: (topic, handler, options) =>
          original.subscribe(
            topic,
            (delivery) => handler({ ...delivery, body: bodies.get(topic) ?? delivery.body }),
            options,
          ),
      };
    },
    /seen by no other/,
  ],
  'no limit of size': [
    (original) => ({
      publish: async (topic, message) => {
        const body = message.body.slice(0, 500_000);
        await original.publish(topic, { ...message, body });
      },
    }),
    /the largest event/,
  ],
  'no redelivery': [
    handling((handler) => async (delivery) => {
      await handler(delivery).catch(() => undefined);
    }),
    /until its handler succeeds/,
  ],
  'attempts that are not counted': [
    handling((handler) => (delivery) => handler({ ...delivery, attempt: 1 })),
    /until its handler succeeds/,
  ],
  'redelivery for ever': [
    (original) => ({
      subscribe: (topic, handler, options) =>
        original.subscribe(topic, handler, { ...options, attempts: 1_000_000 }),
    }),
    /after the last attempt/,
  ],
  'queues that forget': [
    (original) => ({
      subscribe: (topic, handler, options) =>
        original.subscribe(topic, handler, { ...options, delivery: 'at-most-once' }),
    }),
    /while nobody is there/,
  ],
  'no order': [
    handling((handler) => async (delivery) => {
      await pause(Math.random() * 5);
      await handler(delivery);
    }),
    /keep the order/,
  ],
  'no bound on what is in hand': [
    (original) => ({
      subscribe: (topic, handler, options) =>
        original.subscribe(topic, handler, { ...options, concurrency: 1_000 }),
    }),
    /in hand than concurrency/,
  ],
  "a '*' that takes many words": [
    (original) => ({
      subscribe: (topic, handler, options) =>
        original.subscribe(topic.replace(/\*$/, '>'), handler, options),
    }),
    /'\*' stands/,
  ],
  'the pattern in place of the topic': [
    (original) => ({
      subscribe: (topic, handler, options) =>
        original.subscribe(topic, (delivery) => handler({ ...delivery, topic }), options),
    }),
    /'\*' stands/,
  ],
  'a close that does not wait': [
    (original) => ({
      subscribe: async (topic, handler, options) => {
        const { closed, close } = await original.subscribe(topic, handler, options);
        return { closed, close: async () => void close() };
      },
    }),
    /waits for the events in hand/,
  ],
  'a close that closes nothing': [
    (original) => ({
      subscribe: async (topic, handler, options) => {
        const { closed } = await original.subscribe(topic, handler, options);
        return { closed, close: async () => undefined };
      },
    }),
    /leaves its queue/,
  ],
};

describe('brokers that break the contract are found out', () => {
  // One concurrency of 1 keeps even a slow handler in order: with more there is none to lose.
  it.each(Object.entries(wrong))(
    '%s',
    async (name, [spoil, sentence]) => {
      const disorder: Spoil = (original) => ({
        subscribe: (topic, handler, options) =>
          spoil(original).subscribe?.(topic, handler, { ...options, concurrency: 64 }) ??
          original.subscribe(topic, handler, options),
      });
      const plugin = () => broken('broker', name === 'no order' ? disorder : spoil);
      const { failed } = await runKit(
        (its) =>
          brokerKit({
            it: its,
            plugin,
            patience: 400,
            deadLetters: async () => Promise.resolve([]),
          }),
        sentence,
      );
      expect([...failed.keys()]).toHaveLength(1);
      for (const message of failed.values()) expect(message).toMatch(/[a-z].*\./s);
    },
    30_000,
  );
});
