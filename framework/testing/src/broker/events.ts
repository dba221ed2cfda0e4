import assert from 'node:assert/strict';
import { metadata, MicroError } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, rejection, same } from '../expect.ts';
import { kitLimits } from '../open.ts';
import { event, texts, withEach } from './scene.ts';
import type { BrokerScene } from './scene.ts';

/** Topics that a medium may stumble over. */
const odd = ['a b', 'ä.日本', 'a/b', 'a:b', '__proto__', 'constructor', 'x'.repeat(300), '#+$'];

/** Events reach those who listen, intact. */
export const events: Clauses<BrokerScene> = {
  'an event reaches every subscriber without a queue, in every app': withEach(
    async (scene, delivery) => {
      const { one, other } = scene;
      const topic = scene.topic();
      const all = [
        await scene.hear(one, topic, { delivery }),
        await scene.hear(other, topic, { delivery }),
        await scene.hear(other, topic, { delivery }),
      ];
      const expected = [...texts('one', 20), ...texts('other', 20)];
      for (const text of expected.slice(0, 20)) await one.publish(topic, event(text));
      for (const text of expected.slice(20)) await other.publish(topic, event(text));
      const why = 'Every subscriber gets every event that is published after subscribe resolved.';
      for (const heard of all) await scene.got(heard, expected, why);
    },
  ),

  'an event arrives as it was published': withEach(async (scene, delivery) => {
    const topic = scene.topic();
    const heard = await scene.hear(scene.other, topic, { delivery });
    const body = Uint8Array.from({ length: 256 }, (_none, at) => at);
    const given = metadata({ 'x-tenant': 'acme', unicode: 'ü ☃ 日本', empty: '' }, [
      ['__proto__', 'a key like any other'],
    ]);
    const contentType = 'application/x-kit';
    await scene.one.publish(topic, { contentType, metadata: given, body });
    const empty = { contentType, metadata: metadata(), body: new Uint8Array() };
    await scene.one.publish(topic, empty);
    await eventually(() => {
      same(heard.deliveries.length, 2, 'Each event comes once.');
    }, scene.patience);
    const [full, none] = [...heard.deliveries].sort((a, b) => b.body.length - a.body.length);
    assert.ok(full && none, 'An event with an empty body arrives too.');
    same([...full.body], [...body], 'The bytes of an event arrive as they were.');
    same(none.body.length, 0, 'An empty body arrives empty.');
    same(full.contentType, contentType, 'The content type arrives.');
    same([full.topic, full.attempt], [topic, 1], 'Topic and attempt are told.');
    same(Object.getPrototypeOf(full.metadata), null, 'Metadata is made by metadata().');
    const expected = scene.supports.headers ? Object.entries(given).sort() : [];
    same(Object.entries(full.metadata).sort(), expected, 'Metadata arrives as declared.');
  }),

  'an event reaches no subscriber of another topic': withEach(async (scene, delivery) => {
    const topic = scene.topic();
    const heard = await scene.hear(scene.other, topic, { delivery });
    const near = [`${topic}.more`, `${topic}x`, topic.slice(0, -1), topic.replaceAll('.', '-')];
    for (const each of near) await scene.one.publish(each, event('elsewhere'));
    await scene.one.publish(topic, event('here'));
    await scene.got(heard, ['here'], 'Only events of the topic come.');
  }),

  'publishing where nobody listens resolves': async ({ one, topic }) => {
    await one.publish(topic(), event('nobody'));
  },

  'the largest event arrives, a larger one is refused': async (scene) => {
    const { one, other, supports, topic } = scene;
    const limit = Math.min(supports.maxBytes ?? Infinity, kitLimits.messageBytes);
    const name = topic();
    const heard = await scene.hear(other, name);
    const largest = { ...event(''), body: new Uint8Array(limit).fill(7) };
    await one.publish(name, largest);
    const why = 'An event above the limit is refused with resource_exhausted.';
    const larger = { ...event(''), body: new Uint8Array(limit + 1) };
    await rejection(one.publish(name, larger), scene.patience, why, 'resource_exhausted');
    await one.publish(name, event('after'));
    await eventually(() => {
      const sizes = heard.deliveries.map(({ body }) => body.length).sort((a, b) => b - a);
      same(sizes, [limit, 5], 'The largest event arrives, and those after a refused one.');
    }, scene.patience);
    const every = heard.deliveries.every(({ body }) => body.length === 5 || body[limit - 1] === 7);
    assert.ok(every, 'The largest event arrives whole.');
  },

  'what a subscriber does to an event is seen by no other': async (scene) => {
    const topic = scene.topic();
    const spoil = async ({ body }: { body: Uint8Array }): Promise<void> => void body.fill(0);
    await scene.hear(scene.one, topic, {}, spoil);
    const heard = await scene.hear(scene.one, topic);
    const mine = event('mine');
    await scene.one.publish(topic, mine);
    mine.body.fill(0);
    await scene.got(heard, ['mine'], 'Events share no memory with the publisher or each other.');
  },

  'a topic of any letters works, or is refused with invalid_argument': async (scene) => {
    const base = scene.topic();
    for (const topic of odd.map((name) => `${base}.${name}`)) {
      try {
        const heard = await scene.hear(scene.other, topic);
        await scene.one.publish(topic, event('odd'));
        await scene.got(heard, ['odd'], `A topic '${topic}' that is taken works.`);
        same(heard.deliveries[0]?.topic, topic, 'The topic is told as it was given.');
      } catch (error) {
        if (!(error instanceof MicroError)) throw error;
        const told = `The topic '${topic}' works, or is refused with invalid_argument.`;
        same(error.code, 'invalid_argument', told);
      }
    }
  },

  '500 events that are published at once all arrive': withEach(async (scene, delivery) => {
    const topic = scene.topic();
    const heard = await scene.hear(scene.other, topic, { delivery });
    const expected = texts('event', 500);
    await Promise.all(expected.map((text) => scene.one.publish(topic, event(text))));
    await scene.got(heard, expected, 'No event is lost or comes twice while all are well.');
  }),
};
