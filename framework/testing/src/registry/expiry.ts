import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { eventually, pause, same } from '../expect.ts';
import { plain, sampleNode } from './sample-node.ts';
import type { RegistryScene } from './scene.ts';

/** What becomes of nodes whose heartbeat stops. */
export const expiry: Clauses<RegistryScene> = {
  'a node without heartbeat vanishes after its ttl where that is declared, else it stays': async (
    scene,
  ) => {
    const { one, other, supports, shortestTtl, patience } = scene;
    const service = scene.service();
    const [alive, silent] = [sampleNode(service), sampleNode(service)];
    // Again, if this machine was so busy that they expired before they were looked up.
    await eventually(async () => {
      await scene.register(alive, one, shortestTtl);
      await scene.register(silent, one, shortestTtl);
      const found = plain(await other.lookup(service));
      same(found, plain([alive, silent]), 'lookup finds what others registered.');
    }, patience);
    const followed = await scene.follow(other, service);
    const ids = async (): Promise<readonly string[]> =>
      (await other.lookup(service)).map(({ id }) => id);
    if (!supports.ttl) {
      await pause(1.5 * shortestTtl);
      const left = [...(await ids())].sort();
      same(left, [alive.id, silent.id].sort(), 'Without ttl, a node stays while its app runs.');
      return;
    }
    const end = performance.now() + 3 * shortestTtl + patience;
    for (;;) {
      const beat = performance.now();
      await one.register(alive, shortestTtl);
      const left = await ids();
      const inTime = performance.now() - beat < shortestTtl;
      const told = 'A node whose heartbeat goes on does not expire.';
      assert.ok(left.includes(alive.id) || !inTime, told);
      if (!left.includes(silent.id)) break;
      assert.ok(performance.now() < end, 'A node whose heartbeat stopped vanishes after its ttl.');
      await pause(shortestTtl / 5);
    }
    if (followed === undefined) return;
    await eventually(() => {
      const told = (followed.known.get(service) ?? []).map(({ id }) => id);
      assert.ok(!told.includes(silent.id), 'Watchers are told of a node that expired.');
    }, patience);
  },

  'a node that expired is there again after its next heartbeat': async (scene) => {
    if (!scene.supports.ttl) return;
    const node = sampleNode(scene.service());
    await scene.register(node, scene.one, scene.shortestTtl);
    await eventually(
      async () => same(await scene.other.lookup(node.service), [], 'A node expires after its ttl.'),
      3 * scene.shortestTtl + scene.patience,
    );
    await scene.register(node);
    await scene.finds(scene.other, node.service, [node], 'register mends whatever happened.');
  },
};
