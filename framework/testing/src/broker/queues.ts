import type { Clauses } from '../clause.ts';
import { rejection } from '../expect.ts';
import { event, texts, withEach } from './scene.ts';
import type { BrokerScene } from './scene.ts';

const absent = 'A broker that declares no queues rejects them with unimplemented.';

/** Queues, where they are declared; elsewhere each of these shows that there are none. */
export const queues: Clauses<BrokerScene> = {
  'each event reaches one subscriber of each queue, and all without a queue': withEach(
    async (scene, delivery) => {
      const { one, other, supports, patience, got } = scene;
      const topic = scene.topic();
      const [mail, audit] = [scene.topic(), scene.topic()];
      if (!supports.queues) {
        const work = scene.hear(one, topic, { delivery, queue: mail });
        await rejection(work, patience, absent, 'unimplemented');
        return;
      }
      const members = [
        await scene.hear(one, topic, { delivery, queue: mail }),
        await scene.hear(other, topic, { delivery, queue: mail }),
        await scene.hear(other, topic, { delivery, queue: mail }),
      ];
      const alone = await scene.hear(one, topic, { delivery, queue: audit });
      const broadcast = await scene.hear(other, topic, { delivery });
      const expected = texts('event', 60);
      await Promise.all(expected.map((text) => one.publish(topic, event(text))));
      const together = { ...alone, texts: () => members.flatMap((member) => member.texts()) };
      await got(together, expected, 'Each event reaches exactly one subscriber of a queue.');
      await got(alone, expected, 'Another queue gets all events too.');
      await got(broadcast, expected, 'A subscriber without a queue gets all events.');
    },
  ),

  'a queue of the same name on another topic is another queue': withEach(
    async (scene, delivery) => {
      if (!scene.supports.queues) return;
      const [queue, left, right] = [scene.topic(), scene.topic(), scene.topic()];
      const heardLeft = await scene.hear(scene.one, left, { delivery, queue });
      const heardRight = await scene.hear(scene.other, right, { delivery, queue });
      for (const topic of [left, right]) {
        const first = topic === left ? 'left' : 'right';
        for (const text of texts(`${first}-event`, 20)) await scene.one.publish(topic, event(text));
      }
      const why = 'A queue spans the subscribers of one topic, not all that bear its name.';
      await scene.got(heardLeft, texts('left-event', 20), why);
      await scene.got(heardRight, texts('right-event', 20), why);
    },
  ),

  'a subscriber that leaves its queue leaves the events to the others': withEach(
    async (scene, delivery) => {
      if (!scene.supports.queues) return;
      const [topic, queue] = [scene.topic(), scene.topic()];
      const leaves = await scene.hear(scene.one, topic, { delivery, queue });
      const stays = await scene.hear(scene.other, topic, { delivery, queue });
      await leaves.subscription.close();
      const expected = texts('event', 30);
      for (const text of expected) await scene.one.publish(topic, event(text));
      await scene.got(stays, expected, 'Those who stay in a queue get all of its events.');
      await scene.got(leaves, [], 'A subscription that is closed gets nothing.');
    },
  ),
};
