import { isIP } from 'node:net';
import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { rejection } from '../expect.ts';
import type { RegistryScene } from './scene.ts';
import { verbsOf } from './verbs.ts';
import { sampleNode } from './sample-node.ts';

/** How the plugin is opened and closed, apart from what it stores. */
export const closing: Clauses<RegistryScene> = {
  'what is declared is there: watch and localAddress': async ({ one, supports }) => {
    const watches = typeof one.watch === 'function';
    assert.equal(watches, supports.watch, 'watch is there exactly where supports.watch says so.');
    if (supports.scope !== 'network') return;
    const { localAddress } = one;
    assert.ok(localAddress, 'A registry of scope network tells the address of this machine.');
    const address = await localAddress.call(one);
    assert.ok(isIP(address) !== 0, `localAddress is an IP address, not '${address}'.`);
  },

  'closing twice is fine, and a closed plugin stays closed': async (scene) => {
    const { openOne, one, patience } = scene;
    const node = sampleNode(scene.service());
    await one.register(node, scene.shortestTtl);
    await one.deregister(node);
    await openOne.close();
    await openOne.close();
    const why = 'After close() each verb rejects, and nothing is dialled again.';
    for (const verb of verbsOf(one, scene.service())) await rejection(verb(), patience, why);
    await openOne.close();
  },
};
