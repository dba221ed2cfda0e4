// What 10,000 nodes cost, and how long a change takes among them.
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import type { Node } from '@micro-ts/interface';
import { createServer, createConnection } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { api, open } from './app.test.fixture.ts';
import consul from './index.ts';
import { registration } from './records.ts';

/** For machines that have more to do than these tests: an answer of 32 MB may take them long. */
const patient = { handshake: 60_000 };

const withConsul = needsServer(describe, 'consul', true);

withConsul('10,000 nodes in consul', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer('consul');
  });
  afterEach(async () => {
    await closeAll();
    await server.close();
  });

  /** Into the catalog, as if it were by a hundred agents. */
  const fill = async (serviceOf: (i: number) => string, total = 10_000): Promise<void> => {
    const { put } = api(server.url);
    const machines = Array.from({ length: 100 }, (_, i) => ({ Node: `machine-${i}` }));
    const set = (kind: string, value: object) => ({ [kind]: { Verb: 'set', ...value } });
    const apply = (operations: readonly object[]) => put('/v1/txn', operations);
    const made = machines.map(({ Node }) => set('Node', { Node: { Node, Address: '10.0.0.1' } }));
    await apply(made.slice(0, 50));
    await apply(made.slice(50));
    for (let from = 0; from < total; from += 32) {
      const operations = Array.from({ length: Math.min(32, total - from) }, (_, at) => {
        const text = registration(sampleNode(serviceOf(from + at)), 90_000);
        const { ID, Name, Address, Port, Tags } = JSON.parse(text) as Record<string, unknown>;
        const machine = { Node: `machine-${(from + at) % 100}` };
        const own = { ID, Service: Name, Address, Port, Tags };
        const check = { CheckID: `service:${String(ID)}`, Name: 'ttl', Status: 'passing' };
        return [
          set('Service', { ...machine, Service: own }),
          set('Check', { Check: { ...machine, ...check, ServiceID: ID } }),
        ];
      });
      await apply(operations.flat());
    }
  };

  /** How long changes take to be told, in ms, sorted. */
  const delays = async (
    service: string,
    watched: 'one' | 'all',
    rounds: number,
  ): Promise<readonly number[]> => {
    const writer = open(consul({ address: server.url }), patient).registry;
    const reader = open(consul({ address: server.url }), patient).registry;
    let known: readonly Node[] = [];
    const watch = await reader.watch(
      (changed) => void (known = changed.get(service) ?? known),
      watched === 'one' ? service : undefined,
    );
    const took: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const node = sampleNode(service);
      const began = performance.now();
      await writer.register(node, 90_000);
      await until(() => known.some(({ id }) => id === node.id));
      took.push(performance.now() - began);
      const left = performance.now();
      await writer.deregister(node);
      await until(() => !known.some(({ id }) => id === node.id));
      took.push(performance.now() - left);
      await pause(20);
    }
    await watch.close();
    return took.sort((a, b) => a - b);
  };
  const report = (what: string, took: readonly number[]): void =>
    console.log(
      `${what}: p50 ${took[took.length >> 1]?.toFixed(0)} ms, max ${took.at(-1)?.toFixed(0)} ms`,
    );

  it('of 100 services: a change is told at once, to watches of one and of all', async () => {
    await fill((i) => `crowd-${i % 100}`);
    for (const watched of ['one', 'all'] as const) {
      const took = await delays('crowd-7', watched, 20);
      report(`a change in 10,000 nodes of 100 services, to a watch of ${watched}`, took);
      expect(took[took.length >> 1]).toBeLessThan(2_000);
    }
    const { registry } = open(consul({ address: server.url }), patient);
    const began = performance.now();
    expect(await registry.list()).toHaveLength(100);
    console.log(`list of 100 services: ${(performance.now() - began).toFixed(0)} ms`);
  });

  it.each([1_000, 10_000])('%i of one service: a change is told, without all', async (total) => {
    await fill(() => 'host', total);
    const took = await delays('host', 'one', 10);
    report(`a change in a service of ${total} nodes`, took);
    expect(took[took.length >> 1]).toBeLessThan(15_000);
  });

  it('each costs a request per heartbeat', async () => {
    let bytes = 0;
    let requests = 0;
    const counter = createServer((client) => {
      const to = createConnection(server.port, '127.0.0.1');
      client.on('data', (chunk) => {
        bytes += chunk.length;
        requests += String(chunk).split('HTTP/1.1\r\n').length - 1;
        to.write(chunk);
      });
      to.on('data', (chunk) => {
        bytes += chunk.length;
        client.write(chunk);
      });
      for (const [one, other] of [
        [client, to],
        [to, client],
      ] as const)
        one.on('close', () => other.destroy()).on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => counter.once('listening', resolve));
    const address = `127.0.0.1:${(counter.address() as AddressInfo).port}`;
    const { registry } = open(consul({ address }));
    const node = sampleNode('beating');
    await registry.register(node, 30_000);
    console.log(`to register: ${requests} requests, ${bytes} bytes`);
    [bytes, requests] = [0, 0];
    for (let beat = 0; beat < 6; beat += 1) await registry.register(node, 30_000); // a minute's worth
    console.log(`a node with a ttl of 30 s: ${requests} requests and ${bytes} bytes in a minute`);
    expect(requests).toBe(6);
    [bytes, requests] = [0, 0];
    const watch = await registry.watch(() => undefined, 'beating');
    await pause(9_000);
    console.log(`a watch of one node: ${requests} requests and ${bytes} bytes in 9 s`);
    await watch.close();
    await registry.deregister(node);
    await closeAll();
    counter.close();
  });
});
