import type { Clauses } from '../clause.ts';
import { eventually, same } from '../expect.ts';
import { plain, richEndpoints, sampleNode } from './sample-node.ts';
import type { RegistryScene } from './scene.ts';

/** Many at once. */
export const crowds: Clauses<RegistryScene> = {
  '200 nodes that two apps register at once are all there, and go at once': async (scene) => {
    const { one, other, patience } = scene;
    const service = scene.service();
    const followed = await scene.follow(other, service);
    const nodes = Array.from({ length: 200 }, () =>
      sampleNode(service, { endpoints: richEndpoints.slice(0, 2) }),
    );
    const through = (at: number): typeof one => (at % 2 === 0 ? one : other);
    await Promise.all(nodes.map((node, at) => scene.register(node, through(at))));
    await scene.finds(one, service, nodes, 'No record is lost when two apps write at once.');
    await scene.finds(other, service, nodes, 'No record is lost when two apps write at once.');
    const told = async (expected: typeof nodes, why: string): Promise<void> => {
      if (followed === undefined) return;
      const check = (): void =>
        same(plain(followed.known.get(service) ?? []), plain(expected), why);
      await eventually(check, patience);
    };
    await told(nodes, 'A watch knows every node in the end.');
    await Promise.all(nodes.map((node, at) => through(at).deregister(node)));
    await scene.finds(other, service, [], 'All of them can go at once.');
    await told([], 'A watch knows that all are gone.');
  },
};
