// Events that come through a sidecar until they are acknowledged.
import { MicroError, type Raw } from 'micro-ts';
import type { Context } from 'micro-ts';
import { World } from '../cli.test.fixture.ts';
import { createProxyMicro } from './proxy-micro.ts';

const world = new World();
const opened: { close(): Promise<void> }[] = [];
let address: string;
beforeAll(async () => {
  const sidecar = await world.sidecar({ MICRO_BROKER: 'memory' });
  address = await sidecar.prints(/listens on http:\/\/(\S+)/);
}, 90_000);
afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()));
  world.close();
});

function open(): ReturnType<typeof createProxyMicro> {
  const micro = createProxyMicro(address);
  opened.push(micro);
  return micro;
}

const until = async (test: () => boolean): Promise<void> => {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 10));
};
const textOf = (event: unknown): string => new TextDecoder().decode((event as Raw).bytes);

describe('an at-least-once subscription through --proxy', () => {
  const options = { queue: 'q', delivery: 'at-least-once', raw: true, attempts: 3 } as const;

  it('gets again what its handler rejects, while attempts last', async () => {
    const micro = open();
    const heard: string[] = [];
    const handle = async (event: unknown, { attempt }: Context): Promise<void> => {
      heard.push(`${textOf(event)} ${attempt}`);
      if (textOf(event) === '{"n":2}') throw new MicroError('invalid_argument', 'never');
      if (attempt < 3) throw new Error('later');
    };
    const subscription = await micro.subscribe('work', handle, options);
    for (const n of [1, 2]) await micro.publish('work', { n });
    await until(() => heard.length === 4);
    expect(heard.sort()).toEqual(['{"n":1} 1', '{"n":1} 2', '{"n":1} 3', '{"n":2} 1']);
    await subscription.close();
    expect(await subscription.closed).toBeUndefined();
  }, 60_000);

  it('has so many in hand at once, and finishes those when it is closed', async () => {
    const micro = open();
    let [running, most, done] = [0, 0, 0];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const handle = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await released;
      running--;
      done++;
    };
    const topic = 'closing';
    const one = await micro.subscribe(topic, handle, { ...options, concurrency: 2 });
    for (let n = 0; n < 5; n++) await micro.publish(topic, { n });
    await until(() => running === 2);
    const closing = one.close();
    release();
    await closing;
    expect([most, done]).toEqual([2, 2]);
    const rest = new Set<string>();
    await open().subscribe(topic, async (event) => void rest.add(textOf(event)), options);
    await until(() => rest.size === 3); // each of them may have come to the one that closed, once
  }, 60_000);

  it('is lost with its reason when the sidecar goes', async () => {
    const other = await world.sidecar({ MICRO_BROKER: 'memory' });
    const micro = createProxyMicro(await other.prints(/listens on http:\/\/(\S+)/));
    const lost = await micro.subscribe('work', async () => undefined, options);
    other.child.kill('SIGKILL');
    expect(await lost.closed).toMatchObject({
      code: 'unavailable',
      message: 'the sidecar has gone',
    });
  }, 90_000);
});
