import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { eventually, inTime, pause, rejection, same } from '../expect.ts';
import { answerOf, call, echo, streams, waiting } from './scene.ts';
import type { TransportScene } from './scene.ts';
import { bytes, streamIn, text } from './source.ts';

/** How long is listened for what must not happen, in ms. */
const silence = 200;

/** How a listener stops. */
export const draining: Clauses<TransportScene> = {
  'a listener that drains finishes what runs and refuses what is new': async (scene) => {
    const { patience } = scene;
    const { listener, connection, running, go } = await waiting(scene);
    const states: string[] = [];
    connection.onState?.((state) => states.push(state));
    let drained = false;
    const draining = listener.drain().then(() => (drained = true));
    const why = 'A listener that drains refuses new calls: unavailable, refused.';
    const late = await rejection(connection.exchange(call()), patience, why, 'unavailable');
    assert.ok(late.refused, why);
    const fresh = scene.connect(listener).then((other) => other.exchange(call()));
    const meanwhile = `${why} On a connection that is opened meanwhile too.`;
    const turned = await rejection(fresh, patience, meanwhile, 'unavailable');
    assert.ok(turned.refused, meanwhile);
    await pause(silence);
    assert.ok(!drained, 'drain() waits for the calls that run.');
    if (connection.onState !== undefined) {
      const told = 'A connection whose listener drains says so.';
      await eventually(() => assert.ok(states.includes('draining'), told), patience);
    }
    go();
    await inTime(draining, patience, 'drain() resolves when the last answer is sent.');
    await inTime(listener.close(), patience, 'A listener closes in time.');
    const { body } = await inTime(running, patience, 'A call that ran before drain() is answered.');
    assert.ok(body instanceof Uint8Array && body.byteLength === 300_000, 'And arrives whole.');
  },

  'draining without calls is done at once, and draining twice is fine': async (scene) => {
    const { listener, connection } = await scene.pair(echo);
    await scene.answer(connection, call());
    const why = 'drain() resolves when nothing runs.';
    await inTime(Promise.all([listener.drain(), listener.drain()]), scene.patience, why);
    await inTime(listener.drain(), scene.patience, why);
  },

  'a listener that drains lets streams come to their end': async (scene) => {
    if (!(await streams(scene))) return;
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { listener, connection } = await scene.pair(async () => {
      const body = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes('before');
        await gate;
        yield bytes('after');
      };
      return { ...answerOf(''), body: body() };
    });
    const answer = await scene.answer(connection, call());
    const reader = streamIn(answer.body)[Symbol.asyncIterator]();
    const first = await inTime(reader.next(), scene.patience, 'The first message arrives.');
    same(text(first.value), 'before', 'The first message arrives.');
    let drained = false;
    const draining = listener.drain().then(() => (drained = true));
    await pause(silence);
    assert.ok(!drained, 'drain() waits for streams too.');
    go();
    const second = await inTime(reader.next(), scene.patience, 'A stream goes on during drain().');
    same(text(second.value), 'after', 'A stream goes on during drain().');
    const last = await inTime(reader.next(), scene.patience, 'A stream ends during drain().');
    same(last.done, true, 'A stream comes to its end during drain().');
    await inTime(draining, scene.patience, 'drain() resolves when the last stream has ended.');
  },
};
