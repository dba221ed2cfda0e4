import assert from 'node:assert/strict';
import { metadata, MicroError } from '@micro-ts/interface';
import type { CallMessage, Metadata } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { rejection, same } from '../expect.ts';
import { kitLimits } from '../open.ts';
import { answerOf, call, echo } from './scene.ts';
import type { TransportScene } from './scene.ts';
import { bytes, text } from './source.ts';

const sorted = (given: Metadata): unknown => Object.entries(given).sort();

/** Calls with one request and one answer. */
export const unary: Clauses<TransportScene> = {
  'a call arrives as it was sent, and so does its answer': async (scene) => {
    let seen: CallMessage | undefined;
    const back = metadata({ 'x-answer': 'yes', 'x-empty': '' });
    const { connection } = await scene.pair(async (request) => {
      seen = request;
      const { contentType } = request;
      return { contentType, metadata: back, body: bytes('{"n":1}') };
    });
    const sent = call({
      metadata: metadata({
        'X-Tenant': 'acme, "a" = b; c',
        'x-empty': '',
        traceparent: '00-1-2-01',
      }),
      body: bytes('{"name":"Jörg ☃"}'),
      attempt: 3,
    });
    const answer = await scene.answer(connection, sent);
    assert.ok(seen, 'The call reaches the server.');
    const { service, endpoint, attempt, contentType, peer } = seen;
    const expected = ['kit', 'Kit.Echo', 3, 'application/json'];
    same([service, endpoint, attempt, contentType], expected, 'The address of a call arrives.');
    assert.ok(['string', 'undefined'].includes(typeof peer), 'peer is text, if it is known.');
    same(text(seen.body), '{"name":"Jörg ☃"}', 'The bytes of a request arrive as they were.');
    same(sorted(seen.metadata), sorted(sent.metadata), 'Metadata arrives, and nothing else.');
    same(text(answer.body), '{"n":1}', 'The bytes of an answer arrive as they were.');
    same(sorted(answer.metadata), sorted(back), "An answer's metadata arrives, and nothing else.");
    same(answer.contentType, 'application/json', "The answer's content type is the request's.");
  },

  'metadata has no prototype, and no key of it reaches anything': async (scene) => {
    let seen: Metadata | undefined;
    const own = metadata([
      ['__proto__', 'polluted'],
      ['constructor', 'c'],
      ['x', 'y'],
    ]);
    const { connection } = await scene.pair(async (request) => {
      seen = request.metadata;
      return { ...answerOf(''), metadata: own };
    });
    const answer = await scene.answer(connection, call({ metadata: own }));
    for (const received of [seen, answer.metadata]) {
      assert.ok(received, 'The call reaches the server.');
      same(Object.getPrototypeOf(received), null, 'Metadata is made by metadata().');
      same(received['x'], 'y', 'A key beside a strange one arrives.');
    }
    assert.equal(Object.hasOwn(Object.prototype, 'x'), false, 'Nothing reaches Object.prototype.');
  },

  'metadata with letters of any script, or line ends, arrives intact or is refused': async (
    scene,
  ) => {
    let seen: Metadata | undefined;
    const { connection } = await scene.pair(async (request) => {
      seen = request.metadata;
      return echo(request);
    });
    for (const value of ['zürich', '日本 ☃ 😀', 'a\r\nx-injected: yes', '  spaces  ', '\u0000']) {
      seen = undefined;
      const why = `Metadata is never changed on its way: '${value}' is kept or refused.`;
      try {
        await scene.answer(connection, call({ metadata: metadata({ 'x-odd': value }) }));
        same(seen?.['x-odd'], value, why);
        same(seen?.['x-injected'], undefined, why);
      } catch (error) {
        if (!(error instanceof MicroError)) throw error;
        same(error.code, 'invalid_argument', why);
      }
    }
    const again = await scene.answer(connection, call({ body: bytes('[1]') }));
    same(text(again.body), '[1]', 'After a refusal the connection works as before.');
  },

  'content types and names of services are carried, whatever they are': async (scene) => {
    let seen: CallMessage | undefined;
    const { connection } = await scene.pair(async (request) => {
      seen = request;
      return echo(request);
    });
    for (const contentType of ['application/octet-stream', 'application/msgpack']) {
      const answer = await scene.answer(connection, call({ contentType }));
      same([seen?.contentType, answer.contentType], [contentType, contentType], 'It arrives.');
    }
    for (const service of ['go.micro.srv.greeter', 'größe', 'a/b', '__proto__', 'a b']) {
      try {
        await scene.answer(connection, call({ service, endpoint: 'Ä.B' }));
        same([seen?.service, seen?.endpoint], [service, 'Ä.B'], 'Names arrive as they are.');
      } catch (error) {
        if (!(error instanceof MicroError)) throw error;
        same(error.code, 'invalid_argument', 'A name that cannot be carried is refused.');
      }
    }
  },

  'bodies of every size up to the limit arrive whole, both ways': async (scene) => {
    const { connection } = await scene.pair(echo);
    const sizes = [0, 1, 127, 16_383, 16_384, 65_527, 65_535, 65_536, 65_537, 200_000];
    for (const size of [...sizes, limitOf(scene)]) {
      const body = new Uint8Array(size).map((_zero, at) => at % 251);
      const answer = await scene.answer(connection, call({ body }));
      const { body: back } = answer;
      assert.ok(back instanceof Uint8Array, 'A body that was sent as bytes arrives as bytes.');
      same(back.byteLength, size, `A body of ${size} bytes arrives whole.`);
      assert.ok(Buffer.from(body).equals(back), `A body of ${size} bytes arrives as it was.`);
    }
  },

  'a request or answer above the limit is refused, and calls go on': async (scene) => {
    const { patience, pair, connect } = scene;
    const large = new Uint8Array(limitOf(scene) + 1);
    const { listener, connection } = await pair(async (request) =>
      request.endpoint === 'Kit.Large' ? { ...answerOf(''), body: large } : echo(request),
    );
    const why = 'A message above limits.messageBytes is answered with resource_exhausted.';
    const tooLarge = [call({ body: large }), call({ endpoint: 'Kit.Large' })];
    for (const each of tooLarge) {
      await rejection(connection.exchange(each), patience, why, 'resource_exhausted');
      const next = await connect(listener);
      const answer = await scene.answer(next, call({ body: bytes('[2]') }));
      same(text(answer.body), '[2]', 'After a refusal a new connection works.');
    }
  },

  'metadata above the limit is refused, and calls go on': async (scene) => {
    const { listener, connection } = await scene.pair(echo);
    const heavy = metadata({ 'x-heavy': 'x'.repeat(kitLimits.metadataBytes + 1) });
    const why = 'Metadata above limits.metadataBytes is answered with resource_exhausted.';
    const work = connection.exchange(call({ metadata: heavy }));
    await rejection(work, scene.patience, why, 'resource_exhausted');
    const next = await scene.connect(listener);
    const answer = await scene.answer(next, call({ body: bytes('[3]') }));
    same(text(answer.body), '[3]', 'After a refusal a new connection works.');
  },

  'the two sides share no memory': async (scene) => {
    const kept = bytes('{"kept":true}');
    const { connection } = await scene.pair(async (request) => {
      if (request.body instanceof Uint8Array) request.body.fill(0);
      return { ...answerOf(''), body: kept };
    });
    const mine = bytes('{"mine":true}');
    const first = await scene.answer(connection, call({ body: mine }));
    if (first.body instanceof Uint8Array) first.body.fill(0);
    const second = await scene.answer(connection, call({ body: mine }));
    same(text(mine), '{"mine":true}', 'What a server does to a request is not seen by the caller.');
    same(text(kept), '{"kept":true}', 'What a caller does to an answer is not seen by the server.');
    same(text(second.body), '{"kept":true}', 'Each answer has bytes of its own.');
  },
};

/** The largest message that this transport carries. */
export const limitOf = ({ supports }: TransportScene): number =>
  Math.min(supports.maxBytes ?? Infinity, kitLimits.messageBytes);
