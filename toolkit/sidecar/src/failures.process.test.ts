// What happens when an app, the sidecar or the registry dies.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import { createApp } from 'micro-ts';
import type { App, Config } from 'micro-ts';
import { WebSocket } from 'ws';
import { openSocket } from './socket.test.fixture.ts';
import { post, until } from './world.test.fixture.ts';

const report = (text: string): void => void process.stdout.write(`    sidecar: ${text}\n`);
const root = join(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'sidecar-'));
const running = new Set<ChildProcess>();

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...running].map((child) => ended(child)));
  running.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('close', resolve));

/** A program, and what it says first that matches. */
async function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  pattern: RegExp,
): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, args, { env: { ...inherited, ...env } });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => (output += String(chunk)));
  const deadline = performance.now() + 60_000;
  for (;;) {
    const said = pattern.exec(output)?.[1];
    if (said !== undefined) return { child, said };
    if (performance.now() > deadline || child.exitCode !== null) throw new Error(output);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A sidecar in a process of its own, from source. */
async function startSidecar(config: Config, ...options: readonly string[]) {
  const tsconfig = join(folder, 'tsconfig.json');
  const base = join(root, 'tsconfig.json');
  writeFileSync(tsconfig, JSON.stringify({ extends: base, include: [join(root, '**/*.ts')] }));
  const program = [
    ...['--conditions=@micro-ts/source', '--import', 'tsx'],
    join(__dirname, 'program.test.fixture.ts'),
    JSON.stringify(config),
    ...options,
  ];
  const env = { TSX_TSCONFIG_PATH: tsconfig };
  const { child, said } = await start(program, env, /listens on (http\S+)/);
  return { child, url: said };
}

/** An app that is nothing but an open port. */
async function startApp() {
  const source = `const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log('port ' + s.address().port))`;
  const { child, said } = await start(['-e', source], {}, /port (\d+)/);
  return { child, port: Number(said) };
}

const service = (port: number) => ({
  name: 'greeter',
  nodes: [{ id: 'greeter-1', address: `127.0.0.1:${port}` }],
});

const local = (): Config => ({
  registry: ['local', { folder: mkdtempSync(join(folder, 'nodes-')) }],
  log: 'silent',
});

/** Ms until the service has so many nodes. */
async function waitFor(app: App, count: number): Promise<number> {
  const began = performance.now();
  await until(`${count} nodes`, async () => (await app.lookup('greeter')).length === count, 30_000);
  return Math.round(performance.now() - began);
}

async function withApp<T>(config: Config, work: (app: App) => Promise<T>): Promise<T> {
  const app = await createApp(config);
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

describe('what an app has registered', () => {
  it('goes when the app is killed', async () => {
    const config = local();
    const { url } = await startSidecar(config, '{"healthcheckInterval":200}');
    const { child, port } = await startApp();
    await withApp(config, async (app) => {
      expect((await post(`${url}/registry`, service(port))).status).toBe(200);
      expect(await app.lookup('greeter')).toHaveLength(1);
      child.kill('SIGKILL');
      const took = await waitFor(app, 0);
      report(`a killed app is deregistered after ${took} ms, with a check each 200 ms`);
    });
  }, 60_000);

  it('goes when the sidecar ends, and when it is killed', async () => {
    const config = local();
    const { port } = await startApp();
    await withApp(config, async (app) => {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const { child, url } = await startSidecar(config);
        await post(`${url}/registry?ttl=2s`, service(port));
        expect(await app.lookup('greeter')).toHaveLength(1);
        child.kill(signal);
        const took = await waitFor(app, 0);
        report(`after ${signal} to the sidecar its nodes are gone in ${took} ms`);
        const code = await ended(child);
        if (signal === 'SIGTERM') expect(code).toBe(0);
      }
    });
  }, 60_000);
});

const onEtcd = needsServer(describe, 'etcd', true);

onEtcd('on etcd', () => {
  it('apps are registered when it is back, and go with the ttl of a killed sidecar', async () => {
    const server = await startServer('etcd');
    try {
      const config: Config = { registry: ['etcd', { addresses: server.url }], log: 'silent' };
      const { child, url } = await startSidecar(config);
      const { port } = await startApp();
      await server.stop();
      const answer = await post(`${url}/registry?ttl=2s`, service(port));
      const { waiting } = (await answer.json()) as { waiting: { reason: string }[] };
      expect([answer.status, waiting]).toEqual([
        202,
        [expect.objectContaining({ id: 'greeter-1' })],
      ]);
      expect((await fetch(`${url}/registry`)).status).toBe(503);
      expect((await fetch(`${url}/health`)).status).toBe(503);
      await server.start();
      await withApp(config, async (app) => {
        report(`registered ${await waitFor(app, 1)} ms after etcd is back`);
        child.kill('SIGKILL');
        const took = await waitFor(app, 0);
        report(`gone ${took} ms after SIGKILL to the sidecar, with a ttl of 2 s`);
      });
    } finally {
      await server.close();
    }
  }, 60_000);
});

needsServer(describe, 'redis')('on redis', () => {
  it('an event that a killed sidecar had in hand comes again through another', async () => {
    const server = await startServer('redis');
    try {
      const config: Config = { ...local(), broker: ['redis', { address: server.url }] };
      const query = 'broker?topic=work&queue=q&delivery=at-least-once&format=json';
      const first = await startSidecar(config);
      const one = await openSocket(`${first.url}/${query}`);
      expect((await post(`${first.url}/broker?topic=work`, { n: 1 })).status).toBe(200);
      await until('heard', () => one.frames.length === 1);
      first.child.kill('SIGKILL');
      const second = await startSidecar(config);
      const other = await openSocket(`${second.url}/${query}`);
      const began = performance.now();
      await until('heard again', () => other.frames.length === 1, 60_000);
      report(`heard again ${Math.round(performance.now() - began)} ms after another one listens`);
      expect(JSON.parse(other.frames[0] ?? '')).toMatchObject({ attempt: 2, body: { n: 1 } });
      other.socket.send('{"nack":1,"reason":"later"}');
      await until('heard once more', () => other.frames.length === 2);
      other.socket.send('{"ack":2}');
    } finally {
      await server.close();
    }
  }, 120_000);
});

describe('clients that read nothing', () => {
  it('hold back no more than a bounded part of what is published', async () => {
    const config = local();
    const { child, url } = await startSidecar(config);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/broker?topic=flood&concurrency=256`);
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.pause();
    const before = residentOf(child);
    let most = before;
    await withApp(config, async (app) => {
      const event = { text: 'x'.repeat(1024 * 1024) };
      for (let n = 0; n < 200; n++) {
        await app.publish('flood', event).catch(() => undefined);
        if (n % 10 === 0) most = Math.max(most, residentOf(child));
      }
      report(
        `200 MB for a socket that reads nothing: ${Math.round((most - before) / 1e6)} MB more`,
      );
      expect(most - before).toBeLessThan(150e6);
      const streams = async (): Promise<unknown> =>
        Reflect.get(Object(await (await fetch(`${url}/stats`)).json()), 'streams');
      await until('it is cut off', async () => (await streams()) === 0, 60_000);
      socket.resume();
      await closed;
      expect((await fetch(`${url}/health`)).status).toBe(200);
    });
  }, 120_000);
});

/** Resident memory in bytes, where the system tells. */
function residentOf({ pid }: ChildProcess): number {
  if (process.platform !== 'linux') return 0;
  const [, pages = '0'] = readFileSync(`/proc/${String(pid)}/statm`, 'utf8').split(' ');
  return Number(pages) * 4_096;
}
