import assert from 'node:assert/strict';
import type { Broker } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, inTime, rejection } from '../expect.ts';
import { leavingNothing } from '../handles.ts';
import { kitLimits } from '../open.ts';
import type { Machine } from '../open.ts';
import type { ServerUnderTest } from '../server-under-test.ts';
import { event } from './scene.ts';
import type { BrokerScene } from './scene.ts';

/** What a verb may take when nobody answers: the limit, and some air for a busy machine. */
const inHandshake = kitLimits.handshake + 2_000;

/** A machine, on which nothing is open yet. */
export interface BrokerMachine extends Machine<'broker'> {
  readonly patience: number;
}

/** A subscription with the first guarantee that the plugin declares. */
function subscribe({ configured }: BrokerMachine, broker: Broker, topic: string) {
  const delivery = configured.roles.broker.supports.delivery[0] ?? 'at-most-once';
  const options = { queue: undefined, delivery, attempts: 1, concurrency: 1 };
  return broker.subscribe(topic, async () => undefined, options);
}

/** What is held open. */
export const handles: Clauses<BrokerMachine> = {
  'close() leaves nothing open': async (machine) => {
    await leavingNothing(machine.patience, async () => {
      const [first, second] = [machine.open(), machine.open()];
      const one = first.create('broker', machine.surroundings);
      const other = second.create('broker', machine.surroundings);
      const topic = `kit.handles.p${process.pid}`;
      const subscription = await subscribe(machine, other, topic);
      for (let at = 0; at < 10; at += 1) await one.publish(topic, event('x'));
      await subscription.close();
      await first.close();
      await second.close();
    });
  },
};

/** A plugin whose server is not there. */
export const unreachable: Clauses<BrokerMachine> = {
  'without its server every verb rejects with unavailable, in time': async (machine) => {
    await leavingNothing(machine.patience, async () => {
      const opened = machine.open();
      const broker = opened.create('broker', machine.surroundings);
      const why = 'A verb that cannot reach its server rejects with unavailable.';
      await Promise.all([
        rejection(broker.publish('kit.nobody', event('x')), inHandshake, why, 'unavailable'),
        rejection(subscribe(machine, broker, 'kit.nobody'), inHandshake, why, 'unavailable'),
      ]);
      await inTime(opened.close(), inHandshake, 'close() ends, whatever the server does.');
    });
  },
};

/** A server that dies and comes back. */
export const restarts: Clauses<BrokerScene & { readonly server: ServerUnderTest }> = {
  'when its server dies, subscriptions say so and verbs fail; when it is back, all works': async (
    scene,
  ) => {
    const { one, other, server, patience } = scene;
    const topic = scene.topic();
    const heard = await scene.hear(other, topic);
    await one.publish(topic, event('before'));
    await scene.got(heard, ['before'], 'The event comes.');
    await server.stop();
    const lost = 'A subscription whose server died resolves `closed` with a reason.';
    const reason = await inTime(heard.subscription.closed, patience, lost);
    assert.notEqual(reason, undefined, lost);
    const down = 'While the server is away, each verb rejects with unavailable.';
    await rejection(one.publish(topic, event('x')), inHandshake, down, 'unavailable');
    await rejection(scene.hear(other, scene.topic()), inHandshake, down, 'unavailable');
    await server.start();
    const back = 'The same opened plugin works again when its server is back.';
    const again = await eventually(() => scene.hear(other, topic), patience);
    await eventually(() => one.publish(topic, event('after')), patience);
    await scene.got(again, ['after'], back);
    await scene.got(heard, ['before'], 'A lost subscription gets nothing more.');
  },
};

/** A server that answers nothing, and closes nothing either. */
export const freezes: Clauses<BrokerScene & { readonly server: ServerUnderTest }> = {
  'when its server freezes, verbs give up in time; when it thaws, all works': async (scene) => {
    const { one, other, server, patience } = scene;
    await scene.hear(other, scene.topic());
    await one.publish(scene.topic(), event('before'));
    await server.freeze?.();
    try {
      const down = 'A verb that gets no answer gives up within limits.handshake: unavailable.';
      await Promise.all([
        rejection(one.publish(scene.topic(), event('x')), inHandshake, down, 'unavailable'),
        rejection(scene.hear(other, scene.topic()), inHandshake, down, 'unavailable'),
      ]);
    } finally {
      await server.thaw?.();
    }
    const topic = scene.topic();
    const heard = await eventually(() => scene.hear(other, topic), patience);
    await eventually(() => one.publish(topic, event('after')), patience);
    const why = 'The same opened plugin works again when its server answers.';
    await eventually(() => assert.ok(heard.texts().includes('after'), why), patience);
  },

  'a subscription that was given up while the server was frozen does not come to life': async (
    scene,
  ) => {
    const { one, other, server, patience } = scene;
    const topic = scene.topic();
    await scene.hear(other, scene.topic());
    await server.freeze?.();
    const late: string[] = [];
    try {
      const given = scene.hear(other, topic, {}, async () => void late.push('late'));
      await rejection(given, inHandshake, 'subscribe gives up in time.', 'unavailable');
    } finally {
      await server.thaw?.();
    }
    const heard = await eventually(() => scene.hear(other, topic), patience);
    await eventually(() => one.publish(topic, event('once')), patience);
    await scene.got(heard, ['once'], 'The event comes.');
    assert.deepEqual(late, [], 'A subscribe that rejected left no subscription behind.');
  },
};
