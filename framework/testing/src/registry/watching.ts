import assert from 'node:assert/strict';
import type { Node } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, inTime, pause, same } from '../expect.ts';
import { plain, sampleNode } from './sample-node.ts';
import type { Followed, RegistryScene } from './scene.ts';

/** Waits until the watch knows exactly these nodes of the service. */
const knows = (
  { patience }: RegistryScene,
  { known }: Followed,
  service: string,
  nodes: readonly Node[],
  why: string,
): Promise<void> =>
  eventually(() => {
    const told = known.get(service);
    assert.ok(told !== undefined, `${why} Nothing was told of it.`);
    same(plain(told), plain(nodes), why);
  }, patience);

/** How long a watch is listened to before it counts as silent, in ms. */
const silence = 300;

/** Watches, where the registry declares them; elsewhere each of these shows that there are none. */
export const watching: Clauses<RegistryScene> = {
  'a watch of one service tells what is there before it resolves': async (scene) => {
    const service = scene.service();
    const nodes = [sampleNode(service), sampleNode(service)];
    for (const node of nodes) await scene.register(node);
    await scene.finds(scene.other, service, nodes, 'lookup finds what others registered.');
    const followed = await scene.follow(scene.other, service);
    if (followed === undefined) return;
    const told = plain(followed.known.get(service) ?? []);
    same(told, plain(nodes), 'When watch resolves, its listener has been told all there is.');
  },

  'a watch of all services tells what is there before it resolves': async (scene) => {
    const nodes = [sampleNode(scene.service()), sampleNode(scene.service())];
    for (const node of nodes) {
      await scene.register(node);
      await scene.finds(scene.other, node.service, [node], 'lookup finds what others registered.');
    }
    const followed = await scene.follow(scene.other);
    if (followed === undefined) return;
    for (const node of nodes) {
      const told = plain(followed.known.get(node.service) ?? []);
      same(told, plain([node]), 'When watch resolves, its listener has been told all services.');
    }
  },

  'a watch tells of each change with all nodes of the service': async (scene) => {
    const service = scene.service();
    const one = await scene.follow(scene.other, service);
    const all = await scene.follow(scene.other);
    if (one === undefined || all === undefined) return;
    const told = one.known.get(service);
    same(told, [], 'A watch of a service without nodes tells an empty list before it resolves.');
    const see = async (nodes: readonly Node[], why: string): Promise<void> => {
      for (const followed of [one, all]) await knows(scene, followed, service, nodes, why);
    };
    const [first, second] = [sampleNode(service), sampleNode(service)];
    await scene.register(first);
    await see([first], 'A watch tells of a new node.');
    await scene.register(second);
    await see([first, second], 'A watch tells all nodes of a service, not only the new one.');
    const changed = { ...first, address: '127.0.0.1:2' };
    await scene.register(changed);
    await see([changed, second], 'A watch tells of a changed record.');
    await scene.one.deregister(second);
    await see([changed], 'A watch tells the nodes that are left.');
    await scene.one.deregister(changed);
    await see([], 'A service that is gone is told with an empty list.');
    await scene.register(first);
    await see([first], 'A watch tells of a service that came back.');
  },

  'a watch tells of what its own app registers too': async (scene) => {
    const service = scene.service();
    const followed = await scene.follow(scene.one, service);
    if (followed === undefined) return;
    const node = sampleNode(service);
    await scene.register(node);
    await knows(scene, followed, service, [node], 'A watch tells of nodes of its own app.');
  },

  'a watch of one service tells of no other': async (scene) => {
    const service = scene.service();
    const followed = await scene.follow(scene.other, service);
    if (followed === undefined) return;
    await scene.register(sampleNode(`${service}-more`));
    await scene.register(sampleNode(`${service}.more`));
    const node = sampleNode(service);
    await scene.register(node);
    await knows(scene, followed, service, [node], 'A watch tells of a new node.');
    const names = [...followed.known.keys()];
    same(names, [service], 'A watch of one service tells of it and of nothing else.');
  },

  'a heartbeat that changes nothing tells watchers nothing': async (scene) => {
    const node = sampleNode(scene.service());
    const followed = await scene.follow(scene.other, node.service);
    if (followed === undefined) return;
    await scene.register(node);
    await knows(scene, followed, node.service, [node], 'A watch tells of a new node.');
    await pause(silence);
    const before = followed.told();
    for (let beat = 0; beat < 5; beat += 1) await scene.register(node);
    await pause(silence);
    const more = followed.told() - before;
    same(more, 0, 'Registering an unchanged record is a heartbeat, and no news for watchers.');
  },

  'a watch that is closed tells no more, and the others go on': async (scene) => {
    const service = scene.service();
    const closed = await scene.follow(scene.other, service);
    const stays = await scene.follow(scene.other, service);
    if (closed === undefined || stays === undefined) return;
    await closed.watch.close();
    const why = 'closed resolves with undefined after close().';
    same(await inTime(closed.watch.closed, scene.patience, why), undefined, why);
    await closed.watch.close();
    const before = closed.told();
    const node = sampleNode(service);
    await scene.register(node);
    await knows(scene, stays, service, [node], 'Closing one watch does not end another.');
    await pause(silence);
    same(closed.told(), before, 'A watch that is closed calls its listener no more.');
  },
};
