import { memory, MemoryNetwork } from '@micro-ts/memory';
import type { Output } from '@micro-ts/commands';
import { createApp, Handler, MicroError, Service } from 'micro-ts';
import type { App, DebugStats } from 'micro-ts';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from '../local-command.ts';
import { figuresOf } from './figures.ts';
import { Sampler } from './sampler.ts';
import type { Row } from './sampler.ts';
import { showTop } from './show-top.ts';
import { draw } from './view.ts';

@Service('busy', { version: '2.0.0' })
class Busy {
  @Handler()
  async work({ fail = false }: { readonly fail?: boolean }): Promise<object> {
    if (fail) throw new MicroError('aborted', 'no');
    return {};
  }
}

const all = memory({ network: new MemoryNetwork() });
const place = { registry: all, transport: all, broker: all, log: 'error' } as const;
let app: App;
let nodes: readonly App[];
beforeAll(async () => {
  nodes = [await createApp(place, [Busy]), await createApp(place, [Busy])];
  app = await createApp(place);
});
afterAll(() => Promise.all([app, ...nodes].map((each) => each.close())));

const stats = (started: number, calls: number, aborted: number, buckets: [number, number][]) =>
  ({
    ...{ started, uptime: 10, memory: 1_048_576, threads: 1, gc: 0 },
    event_loop: { mean: 1, p99: 3, max: 9 },
    endpoints: {
      'Busy.Work': {
        ...{ calls, in_flight: 2, errors: { aborted } },
        latency: { count: calls, sum: 0, max: 0, p50: 0, p99: 0, buckets },
      },
    },
  }) satisfies DebugStats;

it('takes differences, and none of another process', () => {
  const before = {
    at: 1_000,
    stats: stats(1, 100, 5, [
      [1, 90],
      [8, 10],
    ]),
  };
  const now = {
    at: 3_000,
    stats: stats(1, 140, 15, [
      [1, 100],
      [8, 40],
    ]),
  };
  expect(figuresOf(now, before)).toEqual({
    ...{
      callsPerSecond: 20,
      inFlight: 2,
      errorRate: 0.25,
      p50: 8,
      p99: 8,
      loop: 3,
      memory: 1_048_576,
    },
  });
  expect(figuresOf({ ...now, stats: stats(2, 10, 0, []) }, before).callsPerSecond).toBe(1);
});

it('prints one table where there is no terminal', async () => {
  const shown: Output[] = [];
  const stream = new PassThrough() as unknown as NodeJS.WriteStream & NodeJS.ReadStream;
  const terminal: Terminal = {
    ...{ out: stream, err: stream, in: stream, signal: new AbortController().signal },
    micro: async () => app,
    show: (output) => void shown.push(output),
  };
  const top = showTop({ every: 300 }, terminal);
  const end = performance.now() + 250;
  while (performance.now() < end) {
    await app.call('busy', 'Busy.Work', { fail: true }).catch(() => undefined);
    await app.call('busy', 'Busy.Work');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await top).toBe(0);
  expect(shown).toHaveLength(1);
  const rows = shown[0]?.data as readonly Record<string, number>[];
  expect(rows).toHaveLength(2);
  const calls = rows.reduce((sum, row) => sum + (row['callsPerSecond'] ?? 0), 0);
  expect(calls).toBeGreaterThan(20);
  expect(rows.some((row) => (row['errorRate'] ?? 0) > 0.2)).toBe(true);
  expect(shown[0]?.text).toMatch(/^service +version +address +calls\/s .*\nbusy +2\.0\.0 /);
});

it('renews itself on a terminal, sorts by keys, and quits', async () => {
  const out = Object.assign(new PassThrough(), { isTTY: true, rows: 10, columns: 120 });
  let text = '';
  out.on('data', (chunk) => (text += String(chunk)));
  const raw: boolean[] = [];
  const keys = Object.assign(new EventEmitter(), {
    ...{
      isTTY: true,
      isRaw: false,
      setEncoding: () => keys,
      resume: () => keys,
      pause: () => keys,
    },
    setRawMode: (on: boolean) => (raw.push(on), keys),
  });
  const terminal = {
    ...{ out, err: out, in: keys, signal: new AbortController().signal },
    ...{ micro: async () => app, show: () => undefined },
  } as unknown as Terminal;
  const top = showTop({ every: 100, service: 'busy' }, terminal);
  await new Promise((resolve) => setTimeout(resolve, 350));
  expect(stripVTControlCharacters(text)).toMatch(
    /2 nodes of 1 services, .* sort: \[c\] calls.*\nservice +version/,
  );
  text = '';
  keys.emit('data', 'm');
  expect(stripVTControlCharacters(text)).toMatch(/\[m\] memory/);
  text = '';
  Object.assign(out, { columns: 40 }).emit('resize');
  expect(
    Math.max(
      ...stripVTControlCharacters(text)
        .split('\n')
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(40);
  keys.emit('data', 'q');
  expect(await top).toBe(0);
  expect(raw).toEqual([true, false]);
});

it('marks nodes that are slow or gone, and keeps the others fresh', async () => {
  const slow = {
    ...app,
    watch: app.watch.bind(app),
    call: async (...given: Parameters<App['call']>) => {
      const [, , , options] = given;
      if (options?.address === nodes[0]?.nodes[0]?.address)
        await new Promise((resolve) => setTimeout(resolve, 400));
      return app.call(...given);
    },
  };
  const sampler = new Sampler(slow, 100);
  await sampler.open('busy');
  const began = performance.now();
  await sampler.look();
  expect(performance.now() - began).toBeLessThan(300);
  expect(sampler.rows.map(({ trouble }) => trouble).sort()).toEqual(['slow', undefined]);
  await sampler.close();
});

it('asks 120 nodes within a second, 32 at once', async () => {
  const crowd = memory({ network: new MemoryNetwork() });
  const many = { registry: crowd, transport: crowd, broker: crowd, log: 'error' } as const;
  const apps = await Promise.all(Array.from({ length: 120 }, () => createApp(many, [Busy])));
  const client = await createApp(many);
  let [running, most] = [0, 0];
  const counted = {
    ...{ ...client, watch: client.watch.bind(client) },
    call: async (...given: Parameters<App['call']>) => {
      most = Math.max(most, ++running);
      return client.call(...given).finally(() => running--);
    },
  };
  const sampler = new Sampler(counted, 1_000);
  await sampler.open();
  await sampler.look();
  expect(sampler.rows.filter(({ figures }) => figures !== undefined)).toHaveLength(120);
  expect(most).toBe(32);
  await sampler.close();
  await Promise.all([client, ...apps].map((each) => each.close()));
});

it('shows what fits of many nodes, and nothing that a terminal would obey', () => {
  const node = { version: '1', address: '127.0.0.1:1', metadata: {}, endpoints: [] };
  const rows: Row[] = Array.from({ length: 300 }, (_, n) => ({
    node: { ...node, id: `n${n}`, service: n === 0 ? 'a\x1b[2J' : `s${n}` },
  }));
  const text = draw(rows, 's', { rows: 20, columns: 100 });
  expect(text.split('\n').length).toBeLessThan(20);
  expect(text).toContain('… and 284 more');
  expect(text).not.toContain('\x1b[2J');
});
