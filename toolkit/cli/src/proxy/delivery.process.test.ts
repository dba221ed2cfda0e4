// `micro subscribe --delivery at-least-once` through a sidecar.
import { once } from 'node:events';
import { World } from '../cli.test.fixture.ts';
import type { Running } from '../cli.test.fixture.ts';

const world = new World();
let url: string;
beforeAll(async () => {
  const sidecar = await world.sidecar({ MICRO_BROKER: 'memory' });
  url = await sidecar.prints(/listens on (http:\/\/\S+)/);
}, 90_000);
afterAll(() => world.close());

/** Hears one event after the other of those that the queue keeps. */
async function open(...more: readonly string[]): Promise<Running> {
  const words = ['subscribe', 'work', '--queue', 'q', '--delivery', 'at-least-once', ...more];
  const running = world.start([...words, '--output', 'json'], {
    env: { MICRO_PROXY_ADDRESS: url },
  });
  await running.prints(/subscribed to work/);
  return running;
}

async function publish(event: object): Promise<void> {
  const body = JSON.stringify(event);
  const { status } = await fetch(`${url}/broker?topic=work`, { method: 'POST', body });
  expect(status).toBe(200);
}

it('acknowledges what it has printed, and leaves the rest to others on Ctrl-C', async () => {
  const first = await open();
  await publish({ n: 1 });
  await first.prints(/"event":\{"n":1\}/);
  // Nobody reads what it prints now, so that it stays with the event of which the pipe is full.
  first.child.stdout.pause();
  await publish({ n: 2, pad: 'x'.repeat(1_000_000) });
  await publish({ n: 3 });
  const second = await open('--count', '1');
  await second.prints(/"attempt":1,"event":\{"n":3\}/);
  expect(await second.ended).toBe(0);
  const third = await open('--count', '1');
  const exited = once(first.child, 'exit');
  first.child.kill('SIGINT');
  await third.prints(/"attempt":2,"event":\{"n":2,/);
  expect(await third.ended).toBe(0);
  expect(await exited).toEqual([130, null]);
  const fourth = await open('--count', '1');
  await publish({ n: 4 });
  await fourth.prints(/"attempt":1,"event":\{"n":4\}/);
  expect([second, third, fourth].map(({ output }) => output.err)).toEqual(
    Array(3).fill('subscribed to work\n'),
  );
}, 180_000);

it('is refused by a broker that keeps nothing, directly and through the sidecar', async () => {
  const forgetful = await world.sidecar({ MICRO_BROKER: 'http' });
  const through = await forgetful.prints(/listens on (http:\/\/\S+)/);
  const line = 'subscribe work --delivery at-least-once';
  for (const format of ['text', 'json']) {
    const ask = (env: NodeJS.ProcessEnv) => world.micro(`${line} --output ${format}`, { env });
    const refused = await ask({ MICRO_BROKER: 'http' });
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain(
      'http does not support delivery at-least-once, which work asks for',
    );
    expect(await ask({ MICRO_PROXY_ADDRESS: through })).toEqual(refused);
  }
}, 120_000);
