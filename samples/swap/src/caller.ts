import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { createApp } from 'micro-ts';
import type { Shop } from './shop.service.ts';

const id = process.argv[2] ?? 'order-1';
const app = await createApp();
const shop = app.client<Shop>('shop');

/** Says what was done, and how many ms it took. */
async function step(name: string, done: () => Promise<void>): Promise<void> {
  const start = performance.now();
  await done();
  console.log(`${name} ${Math.round(performance.now() - start)}`);
}

try {
  // A call waits two seconds for the first node: too short where many programs start at once.
  await step('find', async () => {
    const end = performance.now() + 20_000;
    while ((await app.lookup('shop').catch(() => [])).length === 0) {
      if (performance.now() > end) throw new Error('nobody has heard of a shop');
      await setTimeout(20);
    }
  });
  await step('call', async () => assert.deepEqual(await shop.order({ id }), { accepted: id }));
  await step('stream', async () => {
    const steps: number[] = [];
    for await (const { n } of shop.track({ n: 50 })) steps.push(n);
    assert.deepEqual(
      steps,
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });
  await step('error', () =>
    assert.rejects(shop.cancel({ id }), {
      ...{ name: 'MicroError', code: 'failed_precondition', message: `${id} is packed already` },
    }),
  );
} finally {
  await app.close();
}
