import assert from 'node:assert/strict';
import { MicroError } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually } from '../expect.ts';
import { sampleNode } from './sample-node.ts';
import type { RegistryScene } from './scene.ts';

/** Names that a medium may stumble over: separators, prefixes, prototypes, spaces, other scripts. */
const odd = [
  (name: string) => `${name}.users.v1`,
  (name: string) => `${name}-users`,
  (name: string) => `${name}/users`,
  (name: string) => `${name}_users`,
  (name: string) => `../${name}`,
  (name: string) => `${name} with spaces`,
  (name: string) => `${name}%2Fusers`,
  (name: string) => `${name}-größe-日本`,
  (name: string) => `${name}*>#?`,
];

/** Whatever a service is called. */
export const names: Clauses<RegistryScene> = {
  'names with dots, dashes, slashes, spaces or letters of any script are kept apart': async (
    scene,
  ) => {
    const base = scene.service();
    const nodes = [base, ...odd.map((make) => make(base))].map((name) => sampleNode(name));
    for (const node of nodes) await scene.register(node);
    for (const node of nodes) {
      const why = `The service '${node.service}' has its own node, and no other.`;
      await scene.finds(scene.other, node.service, [node], why);
    }
    await eventually(async () => {
      const listed = await scene.other.list();
      for (const { service } of nodes) {
        assert.ok(listed.includes(service), `list names '${service}' exactly so.`);
      }
    }, scene.patience);
  },

  "a service may be called '__proto__' or 'constructor', and nothing breaks": async (scene) => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const node = sampleNode(name, { id: `${name}-${scene.service()}` });
      await scene.register(node);
      await eventually(async () => {
        const ids = (await scene.other.lookup(name)).map(({ id }) => id);
        assert.ok(ids.includes(node.id), `A service may be called '${name}'.`);
      }, scene.patience);
      await scene.one.deregister(node);
    }
    const empty: Record<string, unknown> = {};
    assert.equal(empty['id'], undefined, 'No name reaches Object.prototype.');
  },

  'a name that is too long for the medium is kept whole or refused, never cut': async (scene) => {
    const node = sampleNode(scene.service() + 'x'.repeat(300), { id: scene.service() });
    try {
      await scene.register(node);
    } catch (error) {
      assert.ok(error instanceof MicroError, 'register rejects with a MicroError.');
      const told = 'A name that cannot be stored is refused with invalid_argument.';
      assert.equal(error.code, 'invalid_argument', told);
      return;
    }
    await scene.finds(scene.other, node.service, [node], 'A long name is kept whole.');
  },
};
