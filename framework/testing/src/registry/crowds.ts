import type { Node } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, same } from '../expect.ts';
import { richEndpoints, sampleNode } from './sample-node.ts';
import type { RegistryScene } from './scene.ts';

/** Other clauses compare whole records; Node needs seconds to find where so many of them differ. */
const idsOf = (nodes: Iterable<Node>): readonly string[] => [...nodes].map(({ id }) => id).sort();

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
    const finds = (registry: typeof one, expected: typeof nodes, why: string): Promise<void> =>
      eventually(
        async () => same(idsOf(await registry.lookup(service)), idsOf(expected), why),
        patience,
      );
    const told = async (expected: typeof nodes, why: string): Promise<void> => {
      if (followed === undefined) return;
      const check = (): void =>
        same(idsOf(followed.known.get(service) ?? []), idsOf(expected), why);
      await eventually(check, patience);
    };
    await finds(one, nodes, 'No record is lost when two apps write at once.');
    await finds(other, nodes, 'No record is lost when two apps write at once.');
    await told(nodes, 'A watch knows every node in the end.');
    await Promise.all(nodes.map((node, at) => through(at).deregister(node)));
    await finds(other, [], 'All of them can go at once.');
    await told([], 'A watch knows that all are gone.');
  },
};
