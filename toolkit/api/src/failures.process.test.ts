import { execSync } from 'node:child_process';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '@micro-ts/testing';
import WebSocket from 'ws';
import { putLoad } from './load.test.fixture.ts';
import { Cluster } from './processes.test.fixture.ts';

const report = (text: string): void => void process.stdout.write(`    ${text}\n`);

let cluster: Cluster;
beforeEach(() => (cluster = new Cluster()));
afterEach(() => cluster.close());

it('loses no request that only reads when a service is killed under load', async () => {
  const [gateway, first] = await Promise.all([
    cluster.gateway(),
    cluster.service(),
    cluster.service(),
  ]);
  await ready(gateway.port);
  const load = putLoad(gateway.port, '/work/', 8);
  await pause(1_000);
  first.child.kill('SIGKILL');
  await pause(1_500);
  const next = await cluster.service();
  await pause(500);
  next.child.kill('SIGKILL');
  await pause(1_000);
  await load.stop();
  report(`${load.answered} requests, two services killed, ${load.failures.length} failed`);
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThan(500);
}, 120_000);

it('loses no request when gateways are restarted one after the other behind a balancer', async () => {
  const gateways = await Promise.all([cluster.gateway(), cluster.gateway(), cluster.service()]);
  const ports = [gateways[0].port, gateways[1].port];
  await Promise.all(ports.map(ready));
  const balancer = await balance(ports);
  const load = putLoad((balancer.address() as AddressInfo).port, '/work/', 8);
  await pause(500);
  for (const [at, old] of [gateways[0], gateways[1]].entries()) {
    old.child.kill('SIGTERM');
    expect(await old.ended).toBe(0);
    const fresh = await cluster.gateway();
    await ready(fresh.port);
    ports[at] = fresh.port;
    await pause(500);
  }
  await load.stop();
  balancer.close();
  report(`${load.answered} requests, both gateways restarted, ${load.failures.length} failed`);
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThan(500);
}, 120_000);

it('answers 503 or 504 in time when a service is frozen', async () => {
  const [gateway, service] = await Promise.all([cluster.gateway(), cluster.service()]);
  await ready(gateway.port);
  service.child.kill('SIGSTOP');
  const began = performance.now();
  const response = await fetch(`http://127.0.0.1:${gateway.port}/work/1`, {
    headers: { timeout: '800ms' },
  });
  expect([503, 504]).toContain(response.status);
  expect(performance.now() - began).toBeLessThan(10_000);
}, 60_000);

it('holds ten thousand web sockets, or as many as files may be open', async () => {
  const count = Math.min(Number(process.env['GATEWAY_SOCKETS'] ?? 10_000), mostSockets());
  const [gateway] = await Promise.all([
    cluster.gateway({ socketsPerClient: 0 }),
    cluster.service(),
  ]);
  await ready(gateway.port);
  const rss = async (round: number): Promise<number> => {
    gateway.child.kill('SIGUSR2');
    const found = await gateway.prints(new RegExp(`(?:^rss[^]*?){${round - 1}}^rss (\\d+)`, 'm'));
    return Number(found[1]);
  };
  const before = await rss(1);
  const sockets: WebSocket[] = [];
  for (let at = 0; at < count; at += 100)
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => echoing(gateway.port)))));
  await pause(1_000);
  const after = await rss(2);
  const each = (after - before) / count;
  report(`${count} web sockets that carry a stream: ${(each / 1024).toFixed(1)} KiB each`);
  expect(each).toBeLessThan(32 * 1024);
  expect(await answerOf(sockets[count - 1] as WebSocket)).toBe('{"n":2}');
  let closed = 0;
  for (const socket of sockets) socket.once('close', (code) => (closed += Number(code === 1001)));
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toBe(0);
  await until(() => closed === count, 60_000);
}, 180_000);

/** As many hundreds as the limit of open files lets each process have, which has some other files too. */
function mostSockets(): number {
  const limit = Number(execSync('ulimit -n', { encoding: 'utf8' }));
  if (Number.isNaN(limit)) return Infinity; // unlimited
  return Math.max(100, Math.floor((limit - 200) / 100) * 100);
}

async function ready(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/work/0`;
  const status = (): Promise<number> =>
    fetch(url).then(
      ({ status }) => status,
      () => 0,
    );
  await until(async () => (await status()) === 200, 60_000);
}

/** A load balancer at its simplest: each connection goes to the next gateway that takes it. */
async function balance(ports: readonly number[]): Promise<Server> {
  let turn = 0;
  const server = createServer((client) => {
    const attempt = (left: number): void => {
      const gateway = connect(ports[turn++ % ports.length] as number, '127.0.0.1');
      gateway.once('connect', () => {
        gateway.removeAllListeners('error').on('error', () => client.destroy());
        client.pipe(gateway).pipe(client);
      });
      gateway.once('error', () => (left > 0 ? attempt(left - 1) : client.destroy()));
      client.once('close', () => gateway.destroy());
    };
    client.on('error', () => undefined);
    attempt(ports.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function echoing(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/worker/echo`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send('{"n":1}');
  await new Promise((resolve, reject) => {
    socket.once('message', resolve);
    socket.once('close', (code, reason) => reject(new Error(`${code} ${String(reason)}`)));
  });
  return socket;
}

async function answerOf(socket: WebSocket): Promise<string> {
  socket.send('{"n":2}');
  return String(await new Promise((resolve) => socket.once('message', resolve)));
}
