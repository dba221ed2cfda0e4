import { createApp, Handler, MicroError, Service } from 'micro-ts';
import type { App, DebugStats } from 'micro-ts';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { checkInput } from '../commands.ts';
import { Place } from '../place.test.fixture.ts';
import { endpointOf } from '../request-members.ts';
import { statsCommand } from '../stats.ts';
import { figuresOf } from './figures.ts';
import { topCommand } from './index.ts';
import { Sampler } from './sampler.ts';

@Service('busy', { version: '2.0.0' })
class Busy {
  @Handler()
  async work({ fail = false }: { readonly fail?: boolean }): Promise<object> {
    if (fail) throw new MicroError('aborted', 'no');
    return {};
  }
}

const place = new Place();
let app: App;
let nodes: readonly App[];
beforeAll(async () => {
  nodes = [await createApp(place.config, [Busy]), await createApp(place.config, [Busy])];
  app = await createApp(place.config);
});
afterAll(async () => {
  await Promise.all([app, ...nodes].map((each) => each.close()));
  place.clear();
});

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

it('answers once, of the time between two looks', async () => {
  const { signal } = new AbortController();
  const input = checkInput(topCommand.input, { every: '300ms' });
  const top = topCommand.run(input, { micro: app, permissions: ['read'], signal });
  if (Symbol.asyncIterator in top) throw new Error('it answers once');
  let over = false;
  void Promise.resolve(top).finally(() => (over = true));
  while (!over) {
    await app.call('busy', 'Busy.Work', { fail: true }).catch(() => undefined);
    await app.call('busy', 'Busy.Work');
    await pause(5);
  }
  const { data, text } = await top;
  const rows = data as readonly Record<string, number>[];
  expect(rows).toHaveLength(2);
  const calls = rows.reduce((sum, row) => sum + (row['callsPerSecond'] ?? 0), 0);
  expect(calls).toBeGreaterThan(0);
  expect(rows.some((row) => (row['errorRate'] ?? 0) > 0.2)).toBe(true);
  expect(text).toMatch(/^service +version +address +calls\/s .*\nbusy +2\.0\.0 /);
});

it('says that there is nobody, and answers at once when nobody wants it any more', async () => {
  const context = { micro: app, permissions: ['read'], signal: AbortSignal.timeout(50) } as const;
  const run = async (service: string): Promise<unknown> =>
    topCommand.run(checkInput(topCommand.input, { service, every: '1h' }), context);
  await expect(run('buzy')).rejects.toMatchObject({
    code: 'not_found',
    message: 'Service not found: buzy. Did you mean busy?',
  });
  expect(await run('busy')).toMatchObject({ data: [{}, {}] });
  expect(() => checkInput(topCommand.input, { every: '10ms' })).toThrow(
    'every: should be 100ms or more',
  );
});

it('measures nothing of a program that tells no figures', async () => {
  const hej = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"message":"Hej"}');
  });
  await new Promise<void>((resolve) => hej.listen(0, '127.0.0.1', resolve));
  const { port } = hej.address() as AddressInfo;
  const held = await app.register({
    ...{ id: 'hej-1', service: 'hej', version: '1', endpoints: [] },
    ...{ address: `127.0.0.1:${port}`, metadata: { transport: 'http', protocol: 'mucp' } },
  });
  const { signal } = new AbortController();
  const context = { micro: app, permissions: ['read'], signal } as const;
  const top = await topCommand.run(
    checkInput(topCommand.input, { service: 'hej', every: '100ms' }),
    context,
  );
  expect(top).toMatchObject({
    data: [{ id: 'hej-1', trouble: 'unimplemented' }],
    text: expect.stringMatching(/\nhej +1 +127\.0\.0\.1:\d+ +unimplemented$/) as unknown,
  });
  expect(JSON.stringify(top)).not.toContain('callsPerSecond');
  const stats = await statsCommand.run({ service: 'hej' }, context);
  expect(stats).toMatchObject({
    data: { nodes: [{ id: 'hej-1', reason: expect.stringContaining('no figures') as unknown }] },
    text: expect.stringMatching(/hej-1\t\t127\.0\.0\.1:\d+\t\t\t\t\t\t$/) as unknown,
    failed: true,
  });
  await expect(
    endpointOf({ service: 'hej', endpoint: 'hello', address: undefined }, context),
  ).rejects.toThrow('hej lists no endpoints, so hello has to be its full name, such as Greeter.');
  await held.close();
  hej.closeAllConnections();
  await new Promise((resolve) => hej.close(resolve));
});

it('marks nodes that are slow or gone, and keeps the others fresh', async () => {
  let answer = (): void => undefined;
  const late = new Promise<void>((resolve) => (answer = resolve));
  const slow = {
    ...app,
    ...{ watch: app.watch.bind(app), lookup: app.lookup.bind(app) },
    call: async (...given: Parameters<App['call']>) => {
      const [, , , options] = given;
      if (options?.address === nodes[0]?.nodes[0]?.address) await late;
      return app.call(...given);
    },
  };
  const sampler = new Sampler(slow, 2_000);
  await sampler.open('busy');
  await sampler.look();
  answer();
  expect(sampler.rows.map(({ trouble }) => trouble).sort()).toEqual(['slow', undefined]);
  await sampler.close();
});

it('asks 120 nodes, 32 at once', async () => {
  const [known] = await app.lookup('busy');
  if (known === undefined) throw new Error('nobody is there');
  const crowd = await Promise.all(
    Array.from({ length: 120 }, (_, n) => app.register({ ...known, id: `crowd-${n}` })),
  );
  let [running, most] = [0, 0];
  const counted = {
    ...{ ...app, watch: app.watch.bind(app), lookup: app.lookup.bind(app) },
    call: async (...given: Parameters<App['call']>) => {
      most = Math.max(most, ++running);
      return app.call(...given).finally(() => running--);
    },
  };
  const sampler = new Sampler(counted, 10_000);
  await sampler.open('busy');
  while (sampler.rows.length < 122) await pause(20);
  await sampler.look();
  expect(sampler.rows.filter(({ figures }) => figures !== undefined)).toHaveLength(122);
  expect(most).toBe(32);
  await sampler.close();
  await Promise.all(crowd.map((each) => each.close()));
});
