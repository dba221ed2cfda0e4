import assert from 'node:assert/strict';
import { errorCodes, MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { rejection, same } from '../expect.ts';
import { call, echo } from './scene.ts';
import type { TransportScene } from './scene.ts';
import { bytes, text } from './source.ts';

const details = { field: 'name', limits: [1, 2.5, null, true], nested: { text: 'ü ☃ "\r\n' } };

/** How a server's errors reach the caller. */
export const errors: Clauses<TransportScene> = {
  'errors of every code arrive with text, origin, details and refusal': async (scene) => {
    let thrown = new MicroError('unknown', '');
    const { connection } = await scene.pair(async () => {
      throw thrown;
    });
    const shape = ({ code, message, origin, details: own, refused }: MicroError): unknown => ({
      ...{ code, message, origin, refused },
      details: own === undefined ? undefined : JSON.parse(JSON.stringify(own)),
    });
    for (const [at, code] of (Object.keys(errorCodes) as ErrorCode[]).entries()) {
      const options = {
        origin: 'kit',
        refused: at % 2 === 0,
        details: at % 3 === 0 ? undefined : details,
      };
      thrown = new MicroError(code, `no such user: "Jörg" ☃\r\n${code}`, options);
      const why = `A MicroError '${code}' arrives as it was thrown.`;
      const error = await rejection(connection.exchange(call()), scene.patience, why);
      same(shape(error), shape(thrown), why);
      same(error.cause === thrown, false, 'The cause of an error never crosses the wire.');
    }
  },

  'an error whose details are too large for the medium keeps its code': async (scene) => {
    const { connection } = await scene.pair(async (request) => {
      if (request.endpoint === 'Kit.Echo') return echo(request);
      throw new MicroError('aborted', 'x'.repeat(300_000), { details: 'y'.repeat(300_000) });
    });
    const why = 'A caller learns the code of an error, however long its text.';
    const work = connection.exchange(call({ endpoint: 'Kit.Fail' }));
    await rejection(work, scene.patience, why, 'aborted');
    const answer = await scene.answer(connection, call({ body: bytes('[4]') }));
    same(text(answer.body), '[4]', 'After a failed call the connection works as before.');
  },

  'an error of one call is an error of no other': async (scene) => {
    const { connection } = await scene.pair(async (request) => {
      if (text(request.body) === '"bad"') throw new MicroError('not_found', 'bad');
      return echo(request);
    });
    const bodies = Array.from({ length: 100 }, (_none, at) => (at % 3 === 0 ? '"bad"' : `${at}`));
    const results = await Promise.allSettled(
      bodies.map((body) => scene.answer(connection, call({ body: bytes(body) }))),
    );
    for (const [at, result] of results.entries()) {
      const expected = at % 3 === 0 ? 'rejected' : 'fulfilled';
      assert.equal(result.status, expected, 'Each call has its own outcome.');
      if (result.status === 'fulfilled') same(text(result.value.body), `${at}`, 'And its answer.');
    }
  },
};
