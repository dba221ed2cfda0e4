import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { eventually, pause, same } from '../expect.ts';
import { event, texts, withEach } from './scene.ts';
import type { BrokerScene } from './scene.ts';

/** Order, and how much is in hand at once. */
export const order: Clauses<BrokerScene> = {
  'events keep the order that is declared': withEach(async (scene, delivery) => {
    const { supports, got } = scene;
    const topic = scene.topic();
    const heard = await scene.hear(scene.other, topic, { delivery, concurrency: 1 });
    const [left, right] = [texts('left', 100), texts('right', 100)];
    const published: Promise<void>[] = [];
    for (let at = 0; at < 100; at += 1) {
      published.push(scene.one.publish(topic, event(left[at] ?? ''), 'left'));
      published.push(scene.one.publish(topic, event(right[at] ?? ''), 'right'));
    }
    await Promise.all(published);
    await got(heard, [...left, ...right], 'All events come.');
    const of = (first: string): readonly string[] =>
      heard.texts().filter((text) => text.startsWith(first));
    if (supports.ordering === 'none') return;
    same(of('left'), left, 'Events of one key come in the order of their publish calls.');
    same(of('right'), right, 'Events of one key come in the order of their publish calls.');
    if (supports.ordering === 'key') return;
    const mixed = left.flatMap((text, at) => [text, right[at] ?? '']);
    same(heard.texts(), mixed, 'Events of one topic come in the order of their publish calls.');
  }),

  'no more events are in hand than concurrency says': withEach(async (scene, delivery) => {
    const topic = scene.topic();
    const waiting: (() => void)[] = [];
    let [inHand, most] = [0, 0];
    const slow = async (): Promise<void> => {
      most = Math.max(most, (inHand += 1));
      await new Promise<void>((resolve) => waiting.push(resolve));
      inHand -= 1;
    };
    const heard = await scene.hear(scene.other, topic, { delivery, concurrency: 3 }, slow);
    const expected = texts('event', 12);
    try {
      for (const text of expected) await scene.one.publish(topic, event(text), text);
      await eventually(() => assert.ok(inHand > 0, 'Events come.'), scene.patience);
      await pause(100);
      for (let round = 0; round < 12 && heard.deliveries.length < 12; round += 1) {
        waiting.shift()?.();
        const why = 'When an event is done, the next one comes.';
        await eventually(() => assert.ok(waiting.length > 0, why), scene.patience);
        await pause(10);
      }
    } finally {
      const free = setInterval(() => waiting.splice(0).forEach((resolve) => resolve()), 5);
      await scene.got(heard, expected, 'All events come in the end.').finally(() => {
        clearInterval(free);
        waiting.splice(0).forEach((resolve) => resolve());
      });
    }
    assert.ok(most <= 3, `No more events are in hand than \`concurrency\` says: 3, not ${most}.`);
  }),

  'a subscriber that hangs does not hold up the others': withEach(async (scene, delivery) => {
    const topic = scene.topic();
    let release: () => void = () => undefined;
    const hang = new Promise<void>((resolve) => (release = resolve));
    try {
      await scene.hear(scene.other, topic, { delivery, concurrency: 1 }, () => hang);
      const heard = await scene.hear(scene.other, topic, { delivery, concurrency: 1 });
      const expected = texts('event', 20);
      for (const text of expected) await scene.one.publish(topic, event(text));
      await scene.got(heard, expected, 'Each subscription goes at its own pace.');
    } finally {
      release();
    }
  }),
};
