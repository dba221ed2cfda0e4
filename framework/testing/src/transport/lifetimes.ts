import assert from 'node:assert/strict';
import { Lifetime, MicroError } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, pause, rejection, same } from '../expect.ts';
import { call, cancelled, echo, ended } from './scene.ts';
import type { TransportScene } from './scene.ts';
import { bytes, text } from './source.ts';

/** Never answers; rejects when its lifetime ends, as core's server does. */
const hangs = (seen: (lifetime: Lifetime) => void) => (request: { lifetime: Lifetime }) =>
  new Promise<never>((_resolve, reject) => {
    seen(request.lifetime);
    request.lifetime.onEnd(reject);
  });

/** Deadlines and cancels. */
export const lifetimes: Clauses<TransportScene> = {
  'what is left of a deadline travels; none stays none': async (scene) => {
    const lefts: number[] = [];
    const { connection } = await scene.pair(async (request) => {
      lefts.push(request.lifetime.left);
      return echo(request);
    });
    await scene.answer(connection, call({ lifetime: new Lifetime(performance.now() + 30_000) }));
    await scene.answer(connection, call());
    const [bounded = 0, unbounded] = lefts;
    const why = `Of 30 s the server is told what is left, not ${bounded} ms.`;
    assert.ok(bounded > 15_000 && bounded <= 30_000, why);
    same(unbounded, Infinity, 'A call without deadline has none at the server either.');
  },

  'a call whose time is over is not carried out': async (scene) => {
    let calls = 0;
    const { connection } = await scene.pair(async (request) => {
      calls += 1;
      return echo(request);
    });
    const gone = new Lifetime();
    gone.end(cancelled());
    const why = 'A call whose lifetime has ended rejects with its reason.';
    const first = connection.exchange(call({ lifetime: gone }));
    await rejection(first, scene.patience, why, 'cancelled');
    const late = new Lifetime(performance.now() - 1);
    const expired = 'A call whose deadline has passed rejects with deadline_exceeded.';
    const second = connection.exchange(call({ lifetime: late }));
    await rejection(second, scene.patience, expired, 'deadline_exceeded');
    await scene.answer(connection, call());
    same(calls, 1, 'A call whose time is over does not reach the handler.');
  },

  'a cancel rejects at once, and reaches the handler where that is declared': async (scene) => {
    const { patience, supports } = scene;
    let seen: Lifetime | undefined;
    const { connection } = await scene.pair((request) =>
      request.endpoint === 'Kit.Echo' ? echo(request) : hangs((own) => (seen = own))(request),
    );
    for (const code of ['cancelled', 'deadline_exceeded'] as const) {
      seen = undefined;
      const lifetime = new Lifetime(performance.now() + 60_000);
      const work = connection.exchange(call({ endpoint: 'Kit.Hang', lifetime }));
      const settled = work.catch((error: unknown) => error);
      const reach = 'The call reaches the handler.';
      await eventually(() => assert.ok(seen !== undefined, reach), patience);
      const reason = new MicroError(code, 'the caller had enough');
      lifetime.end(reason);
      const why = 'When its lifetime ends, a call rejects at once, with its reason.';
      const at = await Promise.race([settled, pause(2_000).then(() => 'late')]);
      same(at instanceof MicroError && at.code, code, why);
      if (!supports.cancel) continue;
      await ended(() => seen, patience, "A cancel ends the lifetime on the handler's side.");
    }
    const answer = await scene.answer(connection, call({ body: bytes('[5]') }));
    same(text(answer.body), '[5]', 'After a cancel the connection works as before.');
  },

  'a lifetime that ends after the answer changes nothing': async (scene) => {
    const lives: Lifetime[] = [];
    const { connection } = await scene.pair(async (request) => {
      lives.push(request.lifetime);
      return echo(request);
    });
    const lifetime = new Lifetime();
    await scene.answer(connection, call({ lifetime }));
    lifetime.end(cancelled());
    const answer = await scene.answer(connection, call({ body: bytes('[6]') }));
    same(text(answer.body), '[6]', 'Calls go on.');
  },

  'a thousand calls on one lifetime leave no listener on it': async (scene) => {
    const { connection } = await scene.pair(echo);
    const lifetime = new Lifetime();
    let listening = 0;
    const on = lifetime.onEnd.bind(lifetime);
    const off = lifetime.offEnd.bind(lifetime);
    lifetime.onEnd = (listener) => {
      listening += 1;
      on(listener);
    };
    lifetime.offEnd = (listener) => {
      listening -= 1;
      off(listener);
    };
    for (let round = 0; round < 10; round += 1) {
      const calls = Array.from({ length: 100 }, () => scene.answer(connection, call({ lifetime })));
      await Promise.all(calls);
    }
    const why = `What is done forgets its lifetime; ${listening} listeners of 1,000 are left.`;
    assert.ok(listening <= 1, why);
  },
};
