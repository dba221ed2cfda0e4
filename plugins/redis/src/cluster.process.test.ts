import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brokerKit, registryKit, until } from '@micro-ts/testing';
import { findProgram, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { decodeEnvelope } from '@micro-ts/wire';
import { Redis } from 'ioredis';
import { keepSubscribed, openApp, publishSurely } from './broker-apps.test.fixture.ts';
import { textOf } from './broker-apps.test.fixture.ts';
import { redis } from './index.ts';
import { topicKeys } from './keys.ts';

/** Printed, since it is the figures that tell whether it got worse. */
const report = (line: string): void => void process.stdout.write(`    redis: ${line}\n`);

const at = ({ host, port }: TestServer): string => `${host}:${port}`;

needsServer(
  describe,
  'redis',
  true,
)('redis as a cluster', () => {
  const nodes: TestServer[] = [];
  beforeAll(async () => {
    const args = () => ['--cluster-enabled', 'yes'];
    nodes.push(await startServer('redis', { args }), await startServer('redis', { args }));
    const clients = nodes.map(({ url }) => new Redis(url));
    const [first, second] = clients;
    const [, other] = nodes;
    await first?.call('CLUSTER', 'ADDSLOTSRANGE', 0, 8_191);
    await second?.call('CLUSTER', 'ADDSLOTSRANGE', 8_192, 16_383);
    await first?.call('CLUSTER', 'SET-CONFIG-EPOCH', 1);
    await second?.call('CLUSTER', 'SET-CONFIG-EPOCH', 2);
    await first?.call('CLUSTER', 'MEET', '127.0.0.1', other?.port ?? 0);
    for (const client of clients) {
      await until(async () => String(await client.call('CLUSTER', 'INFO')).includes('state:ok'));
      client.disconnect();
    }
  });
  afterAll(async () => {
    for (const node of nodes) await node.close();
  });
  const plugin = () => redis({ cluster: nodes.map(at) });

  describe('as a broker', () => {
    brokerKit({
      it,
      plugin,
      deadLetters: async (topic) => {
        const found: string[] = [];
        for (const { url } of nodes) {
          const client = new Redis(url);
          const letters = await client
            .xrange(topicKeys('micro', topic).dead, '-', '+')
            .catch(() => []);
          found.push(...letters.map(([, [, envelope = '']]) => envelope));
          client.disconnect();
        }
        return found.map((text) => decodeEnvelope(text));
      },
      unreachable: () => redis({ cluster: ['127.0.0.1:1', '127.0.0.1:2'] }),
    });
  });

  describe('as a registry', () => {
    registryKit({
      it,
      plugin,
      shortestTtl: 1_000,
      unreachable: () => redis({ cluster: ['127.0.0.1:1'] }),
    });
  });
});

needsServer(
  describe,
  'redis',
  true,
)('redis behind sentinels', () => {
  it('follows the master when it dies', async () => {
    const master = await startServer('redis');
    const replica = await startServer('redis', {
      args: () => ['--replicaof', '127.0.0.1', `${master.port}`],
    });
    const folder = mkdtempSync(join(tmpdir(), 'redis-sentinel-'));
    const file = join(folder, 'sentinel.conf');
    const lines = [
      'port 0',
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor shop 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds shop 500',
      'sentinel failover-timeout shop 3000',
    ];
    const own = await startServer('redis');
    await own.stop(); // its port is the sentinel's from now on
    lines[0] = `port ${own.port}`;
    writeFileSync(file, lines.join('\n'));
    const program = findProgram('redis') ?? 'redis-server';
    const sentinel = spawn(program, [file, '--sentinel'], { stdio: 'ignore' });
    const asker = new Redis(own.url, { retryStrategy: () => 100, protocol: 2 });
    asker.on('error', () => undefined);
    const app = openApp({ sentinel: { name: 'shop', addresses: [at(own)] }, claimAfter: 1_000 });
    try {
      const copies = new Redis(replica.url);
      const ready = async (): Promise<boolean> => {
        const known = String(await asker.call('SENTINEL', 'MASTER', 'shop').catch(() => ''));
        const copied = await copies.info('replication');
        return /num-slaves,1,/.test(known) && /master_link_status:up/.test(copied);
      };
      await until(ready, 60_000).finally(() => copies.disconnect());
      const heard = await keepSubscribed(app, 'sentinel', { queue: 'q' });
      await publishSurely(app, 'sentinel', 'before');
      await until(() => heard.deliveries.length === 1);
      await pause(500); // for the replica
      await master.stop();
      const died = performance.now();
      await publishSurely(app, 'sentinel', 'after');
      await until(() => heard.deliveries.map(textOf).includes('after'), 30_000);
      report(`${Math.round(performance.now() - died)} ms from a master's death to the next event`);
      await heard.close();
    } finally {
      await app.close();
      asker.disconnect();
      sentinel.kill('SIGKILL');
      for (const each of [own, replica, master]) await each.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
