import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { inTime, same } from '../expect.ts';
import { answerOf, call, streams } from './scene.ts';
import type { TransportScene } from './scene.ts';
import { bytes, sourceOf, sourceOfTexts, standstill, streamIn, text, textsIn } from './source.ts';
import { limitOf } from './unary.ts';

/** Most that may be on its way to a reader that stalls, in bytes: windows and socket buffers. */
const mostOnTheWay = 16 * 1024 * 1024;
const chunkSize = 16 * 1024;

/** Streams, where they are declared; elsewhere each of these shows that they are refused. */
export const streaming: Clauses<TransportScene> = {
  'a server stream arrives message by message, in order': async (scene) => {
    if (!(await streams(scene))) return;
    const sent = Array.from({ length: 5_000 }, (_none, at) => `{"n":${at}}`);
    const { connection } = await scene.pair(async (request) => {
      same(text(request.body), '{"from":5}', 'The one request of a server stream is bytes.');
      return { ...answerOf(''), body: sourceOfTexts(sent) };
    });
    const answer = await scene.answer(connection, call({ body: bytes('{"from":5}') }));
    same(await textsIn(answer.body), sent, 'Each message arrives, whole and in order.');
  },

  'a client stream is read by the server, and answered with one message': async (scene) => {
    if (!(await streams(scene))) return;
    const sent = Array.from({ length: 5_000 }, (_none, at) => `{"n":${at}}`);
    let read: readonly string[] = [];
    const { connection } = await scene.pair(async (request) => {
      read = await textsIn(request.body);
      return answerOf(`{"read":${read.length}}`);
    });
    const answer = await scene.answer(connection, call({ body: sourceOfTexts(sent) }));
    same(text(answer.body), '{"read":5000}', 'A client stream has one answer.');
    same(read, sent, 'Each message arrives, whole and in order.');
  },

  'in a bidirectional stream both sides take turns': async (scene) => {
    if (!(await streams(scene))) return;
    const { connection } = await scene.pair(async (request) => {
      const replies = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of streamIn(request.body)) yield bytes(`re: ${text(chunk)}`);
      };
      return { ...answerOf(''), body: replies() };
    });
    let next: (word: string | undefined) => void = () => undefined;
    let asked = new Promise<string | undefined>((resolve) => (next = resolve));
    const words = async function* (): AsyncGenerator<Uint8Array> {
      for (let word = await asked; word !== undefined; word = await asked) {
        asked = new Promise((resolve) => (next = resolve));
        yield bytes(word);
      }
    };
    const answer = await scene.answer(connection, call({ body: words() }));
    const replies = streamIn(answer.body)[Symbol.asyncIterator]();
    const why = 'A message arrives as soon as it was sent, not when the stream ends.';
    for (const word of ['a', 'b', 'c']) {
      next(word);
      const { value } = await inTime(replies.next(), scene.patience, why);
      same(text(value), `re: ${word}`, why);
    }
    next(undefined);
    const last = await inTime(replies.next(), scene.patience, 'The stream ends.');
    same(last.done, true, 'When one side ends its stream, the other can end its own.');
  },

  'streams without messages, and messages of every size, arrive as they are': async (scene) => {
    if (!(await streams(scene))) return;
    const sizes = [0, 1, 65_527, 65_535, 65_536, 65_537, limitOf(scene), 0];
    const { connection } = await scene.pair(async (request) => {
      const back = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of streamIn(request.body)) yield Uint8Array.from(chunk);
      };
      return { ...answerOf(''), body: back() };
    });
    for (const each of [[], [0], [0, 0, 0], sizes]) {
      const body = sourceOf((at) => {
        const size = each[at];
        return size === undefined ? undefined : new Uint8Array(size).fill(at + 1);
      });
      const answer = await scene.answer(connection, call({ body }));
      const got: number[] = [];
      for await (const chunk of streamIn(answer.body)) {
        assert.ok(
          chunk.every((byte) => byte === got.length + 1),
          'A message arrives as it was.',
        );
        got.push(chunk.byteLength);
      }
      same(got, each, 'Each message arrives as one, however large or small.');
    }
  },

  'a reader of answers that stalls stops the server, and goes on where it was': async (scene) => {
    if (!(await streams(scene))) return;
    const endless = sourceOf((at) => new Uint8Array(chunkSize).fill(at % 251));
    const { connection } = await scene.pair(async () => ({ ...answerOf(''), body: endless }));
    const answer = await scene.answer(connection, call());
    const reader = streamIn(answer.body)[Symbol.asyncIterator]();
    await inTime(reader.next(), scene.patience, 'The first message arrives.');
    const pulled = await standstill(endless, scene.patience);
    const told = `A reader that stalls stops its sender; it went on for ${pulled} messages.`;
    assert.ok(pulled * chunkSize <= mostOnTheWay, told);
    for (let at = 1; at < pulled + 100; at += 1) {
      const { value } = await inTime(reader.next(), scene.patience, 'The stream goes on.');
      assert.ok(value instanceof Uint8Array && value[0] === at % 251, 'No message is lost.');
    }
    await reader.return?.();
  },

  'a server that stalls stops the stream of its caller': async (scene) => {
    if (!(await streams(scene))) return;
    const endless = sourceOf((at) => new Uint8Array(chunkSize).fill(at % 251));
    let go: () => void = () => undefined;
    const stalled = new Promise<void>((resolve) => (go = resolve));
    const { connection } = await scene.pair(async (request) => {
      const reader = streamIn(request.body)[Symbol.asyncIterator]();
      await reader.next();
      await stalled;
      const { value } = await reader.next();
      await reader.return?.();
      return answerOf(`${value instanceof Uint8Array ? value[0] : 'none'}`);
    });
    const work = scene.answer(connection, call({ body: endless }));
    work.catch(() => undefined); // it is looked at below, unless something else fails before
    try {
      const pulled = await standstill(endless, scene.patience);
      const told = `A server that stalls stops its caller; it went on for ${pulled} messages.`;
      assert.ok(pulled > 0 && pulled * chunkSize <= mostOnTheWay, told);
    } finally {
      go();
    }
    same(text((await work).body), '1', 'No message is lost meanwhile.');
  },

  'a stream that stalls does not hold up other calls of the connection': async (scene) => {
    if (!(await streams(scene))) return;
    const endless = sourceOf(() => new Uint8Array(chunkSize));
    const { connection } = await scene.pair(async (request) =>
      request.endpoint === 'Kit.Echo' ? answerOf('[7]') : { ...answerOf(''), body: endless },
    );
    const stalled = await scene.answer(connection, call({ endpoint: 'Kit.Endless' }));
    const reader = streamIn(stalled.body)[Symbol.asyncIterator]();
    await reader.next();
    await standstill(endless, scene.patience);
    const answer = await scene.answer(connection, call());
    same(text(answer.body), '[7]', 'Calls go on beside a stream that nobody reads.');
    await reader.return?.();
  },
};
