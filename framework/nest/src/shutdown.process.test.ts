import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createApp } from 'micro-ts';
import type { App } from 'micro-ts';
import { eventually } from '@micro-ts/testing';
import { build, programFolder, start } from './programs.test.fixture.ts';
import type { Program } from './programs.test.fixture.ts';

const folder = programFolder();
let program: string;
let app: App;

beforeAll(async () => {
  program = build(folder, 'hybrid');
  app = await createApp({ registry: ['local', { folder: join(folder, 'nodes') }], log: 'silent' });
});
afterAll(() => app.close());

type Environment = Record<string, string>;

async function serve(
  env?: Environment,
): Promise<{ readonly service: Program; readonly url: string }> {
  const service = start(program, env);
  return { service, url: await service.prints(/listens on (http:\S+)/) };
}

/** Those who look on are told of an end a moment after it. */
const expectNobody = (): Promise<void> =>
  eventually(async () => expect(await app.lookup('sleeper')).toEqual([]));

describe.each<[string, Environment]>([
  ['that calls and serves through one app', {}],
  ['that serves through an app of its own', { TEST_TWO_APPS: '1' }],
])('a Nest application %s, told to stop', (_, env) => {
  it('loses no call while instances come and go under load', async () => {
    const first = await serve(env);
    const second = await serve(env);
    const failures: unknown[] = [];
    let answered = 0;
    let going = true;
    const worker = async (): Promise<void> => {
      while (going)
        await app.call('sleeper', 'Sleeper.Sleep', { ms: Math.random() * 60 }).then(
          () => answered++,
          (error: unknown) => failures.push(error),
        );
    };
    const workers = Array.from({ length: 32 }, worker);
    await wait(500);
    first.service.process.kill('SIGTERM');
    expect(await first.service.ended).toBe('SIGTERM');
    const third = await serve(env);
    await wait(300);
    second.service.process.kill('SIGTERM');
    expect(await second.service.ended).toBe('SIGTERM');
    await wait(300);
    going = false;
    await Promise.all(workers);
    console.log(`${answered} calls answered, ${failures.length} failed`);
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(300);
    third.service.process.kill('SIGTERM');
    await third.service.ended;
    expect(third.service.output()).not.toMatch(/error|warn/i);
  });

  it('answers the requests in hand, and the calls that they make', async () => {
    const { service, url } = await serve(env);
    const naps = [500, 700, 900].map(async (ms) => (await fetch(`${url}/sleep/${ms}`)).json());
    await service.prints(/sleeps for 500[^]*sleeps for 900|sleeps for 900[^]*sleeps for 500/);
    const begin = performance.now();
    service.process.kill('SIGTERM');
    expect(await Promise.all(naps)).toEqual([{ slept: 500 }, { slept: 700 }, { slept: 900 }]);
    expect(await service.ended).toBe('SIGTERM');
    console.log(`ended ${(performance.now() - begin).toFixed(0)} ms after the signal`);
    expect(performance.now() - begin).toBeLessThan(10_000);
    await expectNobody();
  });
});

describe('a Nest application', () => {
  it('is called as Go and curl do', async () => {
    const { service } = await serve();
    const [node] = await app.lookup('sleeper');
    const answer = await fetch(`http://${node?.address}/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'micro-service': 'sleeper',
        'micro-endpoint': 'Sleeper.Sleep',
      },
      body: '{"ms":1}',
    });
    expect(await answer.json()).toEqual({ slept: 1 });
    service.process.kill('SIGTERM');
    await service.ended;
  });

  it('does not live on when it cannot start', async () => {
    const service = start(program, { TEST_BUG: '1' });
    expect(await service.ended).not.toBe(0);
    expect(service.output()).toContain('not my day');
    await expectNobody();
  });
});
