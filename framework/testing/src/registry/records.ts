import assert from 'node:assert/strict';
import { metadata } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { eventually, same } from '../expect.ts';
import { plain, richEndpoints, sampleNode } from './sample-node.ts';
import type { RegistryScene } from './scene.ts';

/** One record: there, intact, changed, gone. */
export const records: Clauses<RegistryScene> = {
  'a node that is registered by one app is found by it and by others': async (scene) => {
    const node = sampleNode(scene.service());
    await scene.register(node);
    await scene.finds(scene.one, node.service, [node], 'lookup finds what this app registered.');
    await scene.finds(scene.other, node.service, [node], 'lookup finds what others registered.');
  },

  'a record arrives as it was given: metadata, endpoints of every kind, schemas': async (scene) => {
    const service = scene.service();
    const node = sampleNode(service, {
      version: '2.0.0-rc.1+build.5',
      address: '[::1]:8080',
      metadata: metadata({ zone: 'zürich ☃ "1"', empty: '', 'x-long': 'x'.repeat(2_000) }, [
        ['__proto__', 'a key like any other'],
      ]),
      endpoints: richEndpoints,
    });
    const bare = sampleNode(service, { version: '', metadata: metadata(), endpoints: [] });
    await scene.register(node);
    await scene.register(bare);
    const why = 'Every field of a record arrives as it was given.';
    await scene.finds(scene.other, service, [node, bare], why);
  },

  'metadata that was read has no prototype': async (scene) => {
    const node = sampleNode(scene.service(), { endpoints: richEndpoints });
    await scene.register(node);
    await scene.finds(scene.other, node.service, [node], 'lookup finds what others registered.');
    for (const { metadata: own, endpoints } of await scene.other.lookup(node.service)) {
      for (const each of [own, ...endpoints.map((endpoint) => endpoint.metadata)]) {
        const prototype: unknown = Object.getPrototypeOf(each);
        assert.equal(prototype, null, 'Metadata is made by metadata(), and so has no prototype.');
      }
    }
  },

  'registering again is a heartbeat: one record stays one': async (scene) => {
    const node = sampleNode(scene.service());
    for (let beat = 0; beat < 3; beat += 1) await scene.register(node);
    await Promise.all(Array.from({ length: 10 }, () => scene.register(node)));
    await scene.finds(scene.other, node.service, [node], 'A heartbeat makes no second record.');
  },

  'registering a changed record replaces it': async (scene) => {
    const before = sampleNode(scene.service(), { endpoints: richEndpoints });
    await scene.register(before);
    await scene.finds(
      scene.other,
      before.service,
      [before],
      'lookup finds what others registered.',
    );
    const after = {
      ...before,
      version: '1.0.1',
      address: '127.0.0.1:1',
      metadata: metadata({ weight: '2' }),
      endpoints: richEndpoints.slice(1, 2),
    };
    await scene.register(after);
    await scene.finds(scene.other, before.service, [after], 'The newer record takes the place.');
  },

  'a service has any number of nodes and versions': async (scene) => {
    const service = scene.service();
    const versions = ['1.0.0', '1.0.0', '2.0.0', 'latest'];
    const nodes = versions.map((version) => sampleNode(service, { version }));
    for (const [at, node] of nodes.entries()) {
      await scene.register(node, at % 2 === 0 ? scene.one : scene.other);
    }
    await scene.finds(scene.one, service, nodes, 'lookup returns all nodes of all versions.');
    await scene.finds(scene.other, service, nodes, 'lookup returns all nodes of all versions.');
  },

  'a node that is deregistered is gone for all, and the others stay': async (scene) => {
    const service = scene.service();
    const [first, second] = [sampleNode(service), sampleNode(service)];
    await scene.register(first);
    await scene.register(second);
    await scene.one.deregister(first);
    await scene.finds(scene.one, service, [second], 'deregister removes one record, and only it.');
    await scene.finds(scene.other, service, [second], 'deregister removes it for all.');
    await scene.register(first);
    await scene.finds(scene.other, service, [first, second], 'It can be registered again.');
  },

  'deregistering what is not there is no error': async (scene) => {
    const node = sampleNode(scene.service());
    await scene.one.deregister(node);
    await scene.register(node);
    await scene.one.deregister(node);
    await scene.one.deregister(node);
    await scene.finds(scene.one, node.service, [], 'deregister twice is the same as once.');
  },

  'an unknown service has no nodes, which is no error': async (scene) => {
    same(await scene.one.lookup(scene.service()), [], 'lookup of an unknown service returns [].');
  },

  'list names the services that have nodes, each once, sorted': async (scene) => {
    const names = [scene.service(), scene.service()].reverse();
    for (const name of [...names, ...names]) await scene.register(sampleNode(name));
    const gone = sampleNode(scene.service());
    await scene.register(gone);
    await scene.one.deregister(gone);
    await eventually(async () => {
      const listed = await scene.other.list();
      const sorted = [...new Set(listed)].sort();
      same([...listed], sorted, 'list is sorted and names nothing twice.');
      const ours = listed.filter((name) => [...names, gone.service].includes(name));
      same(ours, [...names].sort(), 'list names exactly the services that have nodes.');
    }, scene.patience);
  },

  'what a caller does to a list of nodes changes nothing': async (scene) => {
    const node = sampleNode(scene.service());
    await scene.register(node);
    await scene.finds(scene.one, node.service, [node], 'lookup finds what this app registered.');
    const found = await scene.one.lookup(node.service);
    if (!Object.isFrozen(found)) (found as unknown[]).length = 0;
    const again = plain(await scene.one.lookup(node.service));
    same(again, plain([node]), 'What lookup returned is not what the registry keeps.');
  },
};
