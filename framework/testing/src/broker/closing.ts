import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { inTime, pause, rejection, same } from '../expect.ts';
import { event, withEach } from './scene.ts';
import type { BrokerScene } from './scene.ts';

/** How long nothing may come, in ms, before it counts as never. */
const never = 300;

/** How subscriptions and the plugin end. */
export const closing: Clauses<BrokerScene> = {
  'closing a subscription waits for the events in hand, and no more come': withEach(
    async (scene, delivery) => {
      const topic = scene.topic();
      let finish: () => void = () => undefined;
      let finished = false;
      const heard = await scene.hear(scene.other, topic, { delivery }, async () => {
        await new Promise<void>((resolve) => (finish = resolve));
        finished = true;
      });
      await scene.one.publish(topic, event('in hand'));
      await scene.got(heard, ['in hand'], 'The event comes.');
      let closed = false;
      const closing = heard.subscription.close().then(() => (closed = true));
      await pause(50);
      await scene.one.publish(topic, event('late'));
      await pause(50);
      assert.ok(!closed, 'close() waits for the events in hand.');
      finish();
      const why = 'close() resolves when the events in hand are acknowledged.';
      await inTime(closing, scene.patience, why);
      assert.ok(finished, why);
      await pause(never);
      same(heard.texts(), ['in hand'], 'After close() was called no more events come.');
    },
  ),

  'closing a subscription twice is fine, and `closed` tells that it was meant': async (scene) => {
    const topic = scene.topic();
    const { subscription } = await scene.hear(scene.one, topic);
    const stays = await scene.hear(scene.one, topic);
    await Promise.all([subscription.close(), subscription.close()]);
    await subscription.close();
    const why = 'closed resolves with undefined after close().';
    same(await inTime(subscription.closed, scene.patience, why), undefined, why);
    await scene.other.publish(topic, event('on'));
    await scene.got(stays, ['on'], 'Closing one subscription does not end another.');
  },

  'closing twice is fine, and a closed plugin stays closed': async (scene) => {
    const { one, openOne, patience } = scene;
    const { subscription } = await scene.hear(one, scene.topic());
    await subscription.close();
    await openOne.close();
    await openOne.close();
    const why = 'After close() each verb rejects, and nothing is dialled again.';
    await rejection(one.publish(scene.topic(), event('late')), patience, why);
    await rejection(scene.hear(one, scene.topic()), patience, why);
    await openOne.close();
  },
};
