// A sentinel, which is redis-server with a file that it writes to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@micro-ts/testing';
import { findProgram, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { Redis } from 'ioredis';

/** A sentinel that watches a master, which it knows as `shop`. */
export interface TestSentinel {
  /** `host:port` */
  readonly address: string;
  /** For questions to it. */
  readonly client: Redis;
  close(): Promise<void>;
}

/** @param more lines of its configuration. */
export async function startSentinel(
  master: Pick<TestServer, 'port'>,
  password?: string,
  more: readonly string[] = [],
): Promise<TestSentinel> {
  const place = await startServer('redis');
  await place.stop(); // its port is the sentinel's from now on
  const folder = mkdtempSync(join(tmpdir(), 'redis-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const lines = [
    ...[`port ${place.port}`, 'bind 127.0.0.1', `dir ${folder}`],
    ...(password === undefined ? [] : [`requirepass ${password}`]),
    ...[`sentinel monitor shop 127.0.0.1 ${master.port} 1`, ...more],
  ];
  writeFileSync(file, lines.join('\n'));
  const program = findProgram('redis') ?? 'redis-server';
  const sentinel = spawn(program, [file, '--sentinel'], { stdio: 'ignore' });
  const ended = once(sentinel, 'exit');
  const known = password === undefined ? {} : { username: 'default', password };
  const client = new Redis(place.url, { retryStrategy: () => 100, protocol: 2, ...known });
  client.on('error', () => undefined);
  await until(async () => (await client.ping().catch(() => '')) === 'PONG');
  return {
    address: `${place.host}:${place.port}`,
    client,
    close: async () => {
      client.disconnect();
      sentinel.kill('SIGKILL');
      await ended;
      await place.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
