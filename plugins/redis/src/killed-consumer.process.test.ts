import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { Redis } from 'ioredis';
import { until } from '@micro-ts/testing';
import { event, keepSubscribed, openApp, textOf } from './broker-apps.test.fixture.ts';
import type { App } from './broker-apps.test.fixture.ts';
import type { Temper } from './consumer.test.fixture.ts';
import { topicKeys } from './keys.ts';

/** Printed, since it is the figures that tell whether it got worse. */
const report = (line: string): void => void process.stdout.write(`    redis: ${line}\n`);

needsServer(
  describe,
  'redis',
  true,
)('consumers of redis that are killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-consumer-'));
  let script: string;
  let server: TestServer;
  let app: App;
  beforeAll(async () => {
    script = bundle(join(__dirname, 'consumer.test.fixture.ts'), folder);
    server = await startServer('redis');
    app = openApp({ address: server.url, claimAfter: 1_000 });
  });
  afterAll(async () => {
    await app.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A consumer, and what it has taken. */
  async function start(topic: string, temper: Temper) {
    const child: ChildProcess = fork(script, [server.url, topic, temper], { execArgv: [] });
    const ended = once(child, 'exit');
    const said: string[] = [];
    child.on('message', (text: string) => void said.push(text));
    await until(() => said.includes('subscribed') || child.signalCode !== null);
    return { child, ended, said };
  }

  it('what a killed process had in hand goes to others', async () => {
    const topic = 'killed.hand';
    const { child, ended, said } = await start(topic, 'hold');
    const texts = Array.from({ length: 30 }, (_none, at) => `e${at}`);
    for (const text of texts) await app.broker.publish(topic, event(text));
    await until(() => said.length === 11);
    const other = await keepSubscribed(app, topic, { queue: 'q' });
    await until(() => other.deliveries.length === 20);
    child.kill('SIGKILL');
    await ended;
    const killed = performance.now();
    await until(() => new Set(other.deliveries.map(textOf)).size === 30);
    const took = Math.round(performance.now() - killed);
    const doubles = other.deliveries.length - 30;
    report(`10 events of a killed process came after ${took} ms, ${doubles} of 30 twice`);
    expect(other.deliveries.map(textOf).sort()).toEqual([...texts].sort());
    const again = other.deliveries.filter(({ attempt }) => attempt === 2);
    expect(again).toHaveLength(10);
    await other.close();
  });

  it('an event that kills its consumers becomes a dead letter, with the reason', async () => {
    const topic = 'killed.poison';
    const first = await start(topic, 'die');
    await app.broker.publish(topic, event('poison'));
    await first.ended;
    for (let round = 2; round <= 3; round += 1) {
      const next = await start(topic, 'die');
      await next.ended;
    }
    const healthy = await keepSubscribed(app, topic, { queue: 'q' });
    await app.broker.publish(topic, event('good'));
    const client = new Redis(server.url);
    try {
      const { dead } = topicKeys('micro', topic);
      await until(async () => (await client.xlen(dead)) === 1);
      const [letter] = await client.xrange(dead, '-', '+');
      expect(letter?.[1].join(' ')).toContain('aborted: was in hand 3 times');
    } finally {
      client.disconnect();
    }
    await until(() => healthy.deliveries.length === 1);
    expect(healthy.deliveries.map(textOf)).toEqual(['good']);
    await healthy.close();
  });
});
