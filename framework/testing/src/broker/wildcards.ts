import type { Clauses } from '../clause.ts';
import { rejection, same } from '../expect.ts';
import { event } from './scene.ts';
import type { BrokerScene } from './scene.ts';

const absent = 'A broker that declares no wildcards rejects them with unimplemented.';

/** Subscriptions to many topics, where they are declared; elsewhere these show that there are none. */
export const wildcards: Clauses<BrokerScene> = {
  "'*' stands for one word of a topic": async (scene) => {
    const base = scene.topic();
    if (!scene.supports.wildcards) {
      const work = scene.hear(scene.one, `${base}.*.created`);
      await rejection(work, scene.patience, absent, 'unimplemented');
      return;
    }
    const middle = await scene.hear(scene.other, `${base}.*.created`);
    const last = await scene.hear(scene.other, `${base}.*`);
    const words = ['user.created', 'order.created', 'user', 'user.eu.created', 'created', 'x.y'];
    for (const word of words) await scene.one.publish(`${base}.${word}`, event(word));
    await scene.one.publish(base, event('base'));
    await scene.got(middle, ['user.created', 'order.created'], "'*' stands for exactly one word.");
    await scene.got(last, ['user', 'created'], "'*' at the end stands for exactly one word.");
    const topics = middle.deliveries.map(({ topic }) => topic).sort();
    const expected = [`${base}.order.created`, `${base}.user.created`];
    same(topics, expected, 'A delivery tells the topic that was published, not the pattern.');
  },

  "'>' stands for all the rest of a topic, at least one word": async (scene) => {
    const base = scene.topic();
    if (!scene.supports.wildcards) {
      const work = scene.hear(scene.one, `${base}.>`);
      await rejection(work, scene.patience, absent, 'unimplemented');
      return;
    }
    const heard = await scene.hear(scene.other, `${base}.>`);
    for (const word of ['a', 'a.b', 'a.b.c']) {
      await scene.one.publish(`${base}.${word}`, event(word));
    }
    await scene.one.publish(base, event('base'));
    await scene.one.publish(`${base}x.a`, event('near'));
    await scene.got(heard, ['a', 'a.b', 'a.b.c'], "'>' stands for one word or more.");
  },

  'a queue may listen to a wildcard': async (scene) => {
    const { supports, one, other } = scene;
    if (!supports.wildcards || !supports.queues) return;
    const [base, queue] = [scene.topic(), scene.topic()];
    const members = [
      await scene.hear(one, `${base}.*`, { queue }),
      await scene.hear(other, `${base}.*`, { queue }),
    ];
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const word of words) await one.publish(`${base}.${word}`, event(word));
    const [first] = members;
    if (first === undefined) return;
    const together = { ...first, texts: () => members.flatMap((member) => member.texts()) };
    await scene.got(together, words, 'Each event reaches one subscriber of the queue.');
  },
};
