import assert from 'node:assert/strict';
import { MicroError } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, pause, rejection, same } from '../expect.ts';
import { event, textOf } from './scene.ts';
import type { BrokerScene, Heard } from './scene.ts';

/** How long nothing may come, in ms, before it counts as never. */
const never = 400;

const atLeastOnce = 'at-least-once';

/** True where the clause applies; elsewhere it shows that the guarantee is refused. */
async function redelivers(scene: BrokerScene): Promise<boolean> {
  if (scene.supports.delivery.includes(atLeastOnce)) return true;
  const why = 'A guarantee that is not declared is refused with unimplemented.';
  const work = scene.hear(scene.one, scene.topic(), { delivery: atLeastOnce });
  await rejection(work, scene.patience, why, 'unimplemented');
  return false;
}

/** Waits until an event came so often, and then for more of them, which must not come. */
async function comes(
  { patience }: BrokerScene,
  { deliveries }: Heard,
  text: string,
  attempts: readonly number[],
  why: string,
): Promise<void> {
  const seen = (): readonly number[] =>
    deliveries.filter((each) => textOf(each) === text).map(({ attempt }) => attempt);
  await eventually(() => assert.ok(seen().length >= attempts.length, why), patience);
  await pause(never);
  same(seen(), attempts, why);
}

async function isDeadLetter(scene: BrokerScene, topic: string, text: string): Promise<void> {
  if (!scene.supports.deadLetter) return;
  const { deadLetters, patience } = scene;
  assert.ok(deadLetters, 'For a broker that declares deadLetter, the kit needs `deadLetters`.');
  await eventually(async () => {
    const letters = (await deadLetters(topic)).map(textOf);
    const why = 'An event that is given up is kept as a dead letter, once.';
    same(
      letters.filter((letter) => letter === text),
      [text],
      why,
    );
  }, patience);
}

/** What becomes of events whose handler rejects. */
export const failures: Clauses<BrokerScene> = {
  'at least once: an event comes again, and is counted, until its handler succeeds': async (
    scene,
  ) => {
    if (!(await redelivers(scene))) return;
    const topic = scene.topic();
    const options = { delivery: atLeastOnce, attempts: 5 } as const;
    const heard = await scene.hear(scene.other, topic, options, async ({ attempt }) => {
      if (attempt === 1) throw new Error('not yet');
      if (attempt === 2) throw new MicroError('internal', 'not yet');
    });
    const well = await scene.hear(scene.one, topic, { delivery: atLeastOnce, attempts: 5 });
    await scene.one.publish(topic, event('again'));
    const why = 'A failed event comes again with the next attempt, until it is acknowledged.';
    await comes(scene, heard, 'again', [1, 2, 3], why);
    await scene.got(well, ['again'], 'What fails for one subscriber comes to no other again.');
  },

  'at least once: after the last attempt an event is a dead letter': async (scene) => {
    if (!(await redelivers(scene))) return;
    const topic = scene.topic();
    const options = { delivery: atLeastOnce, attempts: 3 } as const;
    const heard = await scene.hear(scene.other, topic, options, async (delivery) => {
      if (textOf(delivery) === 'bad') throw new Error('never');
    });
    await scene.one.publish(topic, event('bad'));
    await scene.one.publish(topic, event('good'));
    await comes(scene, heard, 'bad', [1, 2, 3], 'An event comes as often as `attempts` says.');
    await comes(scene, heard, 'good', [1], 'A failing event does not stop those behind it.');
    await isDeadLetter(scene, topic, 'bad');
  },

  'at least once: an error that no attempt can mend makes a dead letter at once': async (scene) => {
    if (!(await redelivers(scene))) return;
    const topic = scene.topic();
    const options = { delivery: atLeastOnce, attempts: 5 } as const;
    const heard = await scene.hear(scene.other, topic, options, async () => {
      throw new MicroError('invalid_argument', 'never');
    });
    await scene.one.publish(topic, event('wrong'));
    await comes(scene, heard, 'wrong', [1], 'A code that says retry: false is not tried again.');
    await isDeadLetter(scene, topic, 'wrong');
  },

  'at least once: a queue keeps its events while nobody is there': async (scene) => {
    if (!(await redelivers(scene)) || !scene.supports.queues) return;
    const [topic, queue] = [scene.topic(), scene.topic()];
    const options = { delivery: atLeastOnce, attempts: 3, queue } as const;
    const before = await scene.hear(scene.one, topic, options);
    await before.subscription.close();
    await scene.one.publish(topic, event('kept'));
    const after = await scene.hear(scene.other, topic, options);
    await scene.one.publish(topic, event('new'));
    await scene.got(after, ['kept', 'new'], 'A known queue outlives its consumers.');
  },

  'at least once: what a closing subscription could not finish goes to its queue': async (
    scene,
  ) => {
    if (!(await redelivers(scene)) || !scene.supports.queues) return;
    const [topic, queue] = [scene.topic(), scene.topic()];
    const options = { delivery: atLeastOnce, attempts: 3, queue, concurrency: 1 } as const;
    let fail: (reason: Error) => void = () => undefined;
    const stuck = (): Promise<void> => new Promise((_resolve, reject) => (fail = reject));
    const leaving = await scene.hear(scene.one, topic, options, stuck);
    await scene.one.publish(topic, event('in hand'));
    await scene.one.publish(topic, event('waiting'));
    await scene.got(leaving, ['in hand'], 'No more events are in hand than `concurrency` says.');
    const closed = leaving.subscription.close();
    fail(new Error('closing'));
    await closed;
    const staying = await scene.hear(scene.other, topic, options);
    const why = 'Events that were not acknowledged go to the next subscriber of the queue.';
    await scene.got(staying, ['in hand', 'waiting'], why);
  },

  'at most once: a handler that fails stops nothing, and is not asked for ever': async (scene) => {
    if (!scene.supports.delivery.includes('at-most-once')) return;
    const topic = scene.topic();
    const options = { delivery: 'at-most-once', attempts: 2 } as const;
    const heard = await scene.hear(scene.other, topic, options, async (delivery) => {
      if (textOf(delivery) === 'bad') throw new Error('never');
    });
    await scene.one.publish(topic, event('bad'));
    await scene.one.publish(topic, event('good'));
    await eventually(() => {
      assert.ok(heard.texts().includes('good'), 'A failing event does not stop those behind it.');
    }, scene.patience);
    await pause(never);
    const often = heard.texts().filter((text) => text === 'bad').length;
    assert.ok(often <= 2, `An event comes at most as often as \`attempts\` says, not ${often}.`);
  },
};
