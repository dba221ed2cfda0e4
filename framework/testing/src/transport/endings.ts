import assert from 'node:assert/strict';
import { Lifetime, MicroError } from '@micro-ts/interface';
import type { Connection, Exchange } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, inTime, rejection, same } from '../expect.ts';
import { answerOf, call, cancelled, echo, ended, streams, waiting } from './scene.ts';
import type { TransportScene } from './scene.ts';
import { bytes, sourceOf, sourceOfTexts, streamIn, text, textsIn } from './source.ts';
import type { Source } from './source.ts';
import { limitOf } from './unary.ts';

const isOver = (source: Source, patience: number, why: string): Promise<void> =>
  eventually(() => assert.ok(source.over, why), patience);

/** Answers with a source, whatever the call. */
const answering = (body: AsyncIterable<Uint8Array>) => async () => ({ ...answerOf(''), body });

/** A message or two, and then nothing for ever. */
const hanging = (): Source => sourceOf((at) => (at < 2 ? bytes(`${at}`) : 'hang'));

/** How streams end before their time. */
export const endings: Clauses<TransportScene> = {
  'a caller that stops reading ends the stream of the server': async (scene) => {
    if (!(await streams(scene))) return;
    for (const source of [sourceOf((at) => bytes(`${at}`)), hanging()]) {
      const { connection } = await scene.pair(answering(source));
      const answer = await scene.answer(connection, call());
      for await (const chunk of streamIn(answer.body)) {
        same(text(chunk), '0', 'The first message arrives first.');
        break;
      }
      const why = "When a caller breaks out, the server's source is told by return().";
      await isOver(source, scene.patience, why);
    }
  },

  'a server that stops reading ends the stream of its caller': async (scene) => {
    if (!(await streams(scene))) return;
    const { connection } = await scene.pair(async (request) => {
      if (request.endpoint === 'Kit.Ignore') return answerOf('"early"');
      for await (const chunk of streamIn(request.body)) return answerOf(text(chunk));
      return answerOf('none');
    });
    for (const [endpoint, expected] of [
      ['Kit.First', '0'],
      ['Kit.Ignore', '"early"'],
    ] as const) {
      const source = sourceOf((at) => bytes(`${at}`));
      const answer = await scene.answer(connection, call({ endpoint, body: source }));
      same(text(answer.body), expected, 'A server may answer before the stream has ended.');
      const why = "When a server has answered, the caller's source is told by return().";
      await isOver(source, scene.patience, why);
    }
  },

  'an error in the midst of an answer comes after the messages before it': async (scene) => {
    if (!(await streams(scene))) return;
    const thrown = new MicroError('failed_precondition', 'midway', { details: { at: 3 } });
    const source = sourceOf((at) => (at < 3 ? bytes(`${at}`) : thrown));
    const { connection } = await scene.pair(answering(source));
    const answer = await scene.answer(connection, call());
    const read: string[] = [];
    const work = (async () => {
      for await (const chunk of streamIn(answer.body)) read.push(text(chunk));
    })();
    const why = 'An error in the midst of a stream arrives, as it was thrown.';
    const error = await rejection(work, scene.patience, why, 'failed_precondition');
    same([error.message, error.details], ['midway', { at: 3 }], why);
    same(read, ['0', '1', '2'], 'The messages before an error are delivered.');
    const next = await scene.pair(echo);
    same(text((await scene.answer(next.connection, call())).body), '{}', 'Other calls go on.');
  },

  'a request stream that throws fails on both sides': async (scene) => {
    if (!(await streams(scene))) return;
    let seen: Promise<unknown> | undefined;
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const { connection } = await scene.pair(async (request) => {
      const reading = textsIn(request.body);
      seen = reading.catch((error: unknown) => error);
      arrived();
      return answerOf(`${(await reading).length}`);
    });
    const thrown = new MicroError('aborted', 'the source broke');
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes('0');
      await arrival;
      throw thrown;
    };
    const body = broken();
    const why = "A caller's stream that throws makes its call reject.";
    await rejection(connection.exchange(call({ body })), scene.patience, why);
    const told = "A caller's stream that throws breaks at the server too, with a MicroError.";
    await eventually(() => assert.ok(seen, 'The call reaches the server.'), scene.patience);
    assert.ok(
      (await inTime(seen ?? Promise.resolve(), scene.patience, told)) instanceof MicroError,
      told,
    );
  },

  'a cancel in the midst of a stream ends it on both sides': async (scene) => {
    if (!(await streams(scene))) return;
    let life: Lifetime | undefined;
    const [down, up] = [hanging(), hanging()];
    const { connection } = await scene.pair(async (request) => {
      life = request.lifetime;
      void textsIn(request.body).catch(() => undefined);
      return { ...answerOf(''), body: down };
    });
    const lifetime = new Lifetime();
    const answer = await scene.answer(connection, call({ body: up, lifetime }));
    const reader = streamIn(answer.body)[Symbol.asyncIterator]();
    await inTime(reader.next(), scene.patience, 'The first message arrives.');
    await inTime(reader.next(), scene.patience, 'The second message arrives.');
    const pending = reader.next();
    lifetime.end(cancelled());
    const why = 'When its lifetime ends, a stream that is read rejects with the reason.';
    await rejection(pending, scene.patience, why, 'cancelled');
    await isOver(up, scene.patience, "A cancel ends the caller's own stream.");
    await isOver(down, scene.patience, "A cancel ends the server's stream.");
    await ended(() => life, scene.patience, "A cancel ends the lifetime on the server's side.");
  },

  'an answer that nobody reads ends with its lifetime': async (scene) => {
    if (!(await streams(scene))) return;
    const source = sourceOf(() => new Uint8Array(1_000));
    const { connection } = await scene.pair(answering(source));
    const lifetime = new Lifetime();
    const answer = await scene.answer(connection, call({ lifetime }));
    lifetime.end(cancelled());
    await isOver(source, scene.patience, "A cancel ends the server's stream, read or not.");
    const why = 'A stream whose lifetime has ended rejects when it is read.';
    await rejection(textsIn(answer.body), scene.patience, why, 'cancelled');
  },

  'a message of a stream above the limit breaks it, and calls go on': async (scene) => {
    if (!(await streams(scene))) return;
    const large = new Uint8Array(limitOf(scene) + 1);
    const source = sourceOf((at) => (at < 2 ? bytes(`${at}`) : large));
    const { listener, connection } = await scene.pair(async (request) => {
      if (request.endpoint === 'Kit.Large') return { ...answerOf(''), body: source };
      return request.body instanceof Uint8Array
        ? echo(request)
        : answerOf(`${(await textsIn(request.body)).length}`);
    });
    const why = 'A message above limits.messageBytes breaks its stream: resource_exhausted.';
    const down = scene.answer(connection, call({ endpoint: 'Kit.Large' }));
    const reading = down.then(({ body }) => textsIn(body));
    await rejection(reading, scene.patience, why, 'resource_exhausted');
    const up = sourceOf((at) => (at < 2 ? bytes(`${at}`) : large));
    const next = await scene.connect(listener);
    const work = next.exchange(call({ body: up }));
    await rejection(work, scene.patience, why, 'resource_exhausted');
    await isOver(up, scene.patience, 'A stream that broke is told by return().');
    await isOver(source, scene.patience, 'A stream that broke is told by return().');
    const last = await scene.connect(listener);
    same(text((await scene.answer(last, call())).body), '{}', 'Calls go on.');
  },

  'closing a connection or a listener breaks the streams on it': async (scene) => {
    if (!(await streams(scene))) return;
    for (const side of ['listener', 'connection'] as const) {
      const source = hanging();
      const pair = await scene.pair(answering(source));
      const answer = await scene.answer(pair.connection, call());
      const reading = textsIn(answer.body);
      const quiet = reading.catch(() => undefined);
      await eventually(() => assert.ok(source.pulled > 2, 'It is read.'), scene.patience);
      await pair[side].close();
      const why = `Closing the ${side} breaks its streams with a MicroError.`;
      await rejection(reading, scene.patience, why, 'unavailable', 'cancelled');
      await quiet;
      await isOver(source, scene.patience, `Closing the ${side} ends the server's stream.`);
    }
  },

  'a stream that is refused before it is sent is untouched, and can be sent again': async (
    scene,
  ) => {
    if (!(await streams(scene))) return;
    let touched = 0;
    const words = ['a', 'b', 'c'];
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        touched += 1;
        return sourceOfTexts(words)[Symbol.asyncIterator]();
      },
    };
    const reading: Exchange = async (request) => answerOf((await textsIn(request.body)).join(''));
    const refuses = async (connection: Connection, why: string): Promise<void> => {
      const error = await rejection(connection.exchange(call({ body })), scene.patience, why);
      assert.ok(error.refused, why);
      same(touched, 0, `${why} Its stream is not touched.`);
    };
    const closed = await scene.pair(reading);
    await closed.connection.close();
    await refuses(closed.connection, 'A connection that is closed refuses.');
    const going = await waiting(scene);
    const { connection } = going;
    if (connection.onState !== undefined) {
      let draining = false;
      connection.onState((state) => (draining ||= state === 'draining'));
      const drained = going.listener.drain();
      const told = 'A connection whose listener drains says so.';
      await eventually(() => assert.ok(draining, told), scene.patience);
      await refuses(connection, 'A connection that knows its node to be draining refuses.');
      going.go();
      await inTime(drained, scene.patience, 'drain() resolves when the last answer is sent.');
    }
    going.go();
    const other = await scene.pair(reading);
    const answer = await scene.answer(other.connection, call({ body }));
    same(text(answer.body), words.join(''), 'What was refused can be sent elsewhere.');
    same(touched, 1, 'It is read once.');
  },

  'a hundred streams at once keep apart': async (scene) => {
    if (!(await streams(scene))) return;
    const { connection } = await scene.pair(async (request) => {
      const base = text(request.body);
      const words = Array.from({ length: 50 }, (_none, at) => `${base}-${at}`);
      return { ...answerOf(''), body: sourceOfTexts(words) };
    });
    const bases = Array.from({ length: 100 }, (_none, at) => `s${at}`);
    const read = await Promise.all(
      bases.map(async (base) => {
        const answer = await scene.answer(connection, call({ body: bytes(base) }));
        return textsIn(answer.body);
      }),
    );
    for (const [at, words] of read.entries()) {
      const own = words.every((word, n) => word === `s${at}-${n}`);
      assert.ok(own && words.length === 50, 'Each stream gets its own messages, in order.');
    }
  },
};
