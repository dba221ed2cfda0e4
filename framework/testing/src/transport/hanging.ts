import assert from 'node:assert/strict';
import type { Lifetime } from '@micro-ts/interface';
import { eventually } from '../expect.ts';
import { call, echo } from './scene.ts';
import type { Pair, TransportScene } from './scene.ts';

/** A pair with a call that never ends by itself. */
export async function hanging(scene: TransportScene) {
  let life: Lifetime | undefined;
  const pair: Pair = await scene.pair((request) => {
    if (request.endpoint === 'Kit.Echo') return echo(request);
    life = request.lifetime;
    return new Promise((_resolve, reject) => request.lifetime.onEnd(reject));
  });
  const running = pair.connection.exchange(call({ endpoint: 'Kit.Hang' }));
  running.catch(() => undefined);
  const why = 'The call reaches the handler.';
  await eventually(() => assert.ok(life, why), scene.patience);
  return { ...pair, running, life: () => life };
}
