import type { Node } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, inTime, pause, same } from '../expect.ts';
import { richEndpoints, sampleNode } from './sample-node.ts';
import type { RegistryScene } from './scene.ts';

/** Other clauses compare whole records; Node needs seconds to find where so many of them differ. */
const idsOf = (nodes: Iterable<Node>): readonly string[] => [...nodes].map(({ id }) => id).sort();

/** What fifty writes may take on a busy machine, in ms. */
const slowest = 30_000;

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

  'a node that is renewed stays in sight while others are written': async (scene) => {
    const { one, other, patience } = scene;
    const node = sampleNode(scene.service());
    await scene.register(node);
    await scene.finds(other, node.service, [node], 'lookup finds what others registered.');
    let writing = true;
    const writes = async (): Promise<void> => {
      const service = scene.service();
      for (let round = 0; round < 10; round += 1) {
        const [first, second] = [sampleNode(service), sampleNode(service)];
        const renewed = one.register(node, 120_000);
        await Promise.all([renewed, scene.register(first), scene.register(second, other)]);
        await Promise.all([one.deregister(first), other.deregister(second)]);
      }
    };
    const why = 'A node that is there is found at any moment, whatever is being written.';
    const looks = async (): Promise<void> => {
      while (writing) {
        same(idsOf(await other.lookup(node.service)), [node.id], why);
        await pause(1);
      }
    };
    const written = writes().finally(() => (writing = false));
    await inTime(Promise.all([looks(), written]), patience + slowest, why);
  },
};
