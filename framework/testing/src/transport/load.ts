import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { inTime, pause, same } from '../expect.ts';
import { MicroError } from '@micro-ts/interface';
import { kitLimits } from '../open.ts';
import { call, echo } from './scene.ts';
import type { TransportScene } from './scene.ts';
import { bytes, text } from './source.ts';

/** Many calls at once. */
export const load: Clauses<TransportScene> = {
  '1,000 calls at once on one connection get their own answers, in any order': async (scene) => {
    const { connection } = await scene.pair(async (request) => {
      await pause(Math.random() * 50);
      return echo(request);
    });
    const bodies = Array.from({ length: 1_000 }, (_none, at) => `{"n":${at}}`);
    const work = Promise.all(
      bodies.map(async (body) => {
        const answer = await connection.exchange(call({ body: bytes(body) }));
        return text(answer.body);
      }),
    );
    const answers = await inTime(work, 4 * scene.patience, 'All calls are answered.');
    same(answers, bodies, 'Each call gets its own answer.');
  },

  'more calls than a connection may bring are refused, and none hangs': async (scene) => {
    let carriedOut = 0;
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { connection } = await scene.pair(async (request) => {
      carriedOut += 1;
      await gate;
      return echo(request);
    });
    const count = kitLimits.callsPerConnection + 200;
    const calls = Array.from({ length: count }, () => connection.exchange(call()));
    const settled = Promise.allSettled(calls);
    await pause(300);
    go();
    const results = await inTime(settled, 4 * scene.patience, 'No call hangs.');
    const answered = results.filter(({ status }) => status === 'fulfilled').length;
    same(carriedOut, answered, 'A call that is refused is not carried out.');
    assert.ok(answered >= 1_000, `Calls within the limit are answered, not only ${answered}.`);
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      const { reason } = result;
      const well =
        reason instanceof MicroError && reason.code === 'resource_exhausted' && reason.refused;
      assert.ok(well, `A call too many is refused with resource_exhausted, not ${reason}.`);
    }
  },
};
