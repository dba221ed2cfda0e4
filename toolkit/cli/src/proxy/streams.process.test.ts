// Streams of requests on their way through a sidecar.
import { join } from 'node:path';
import { createApp, Handler, MicroError, Service } from 'micro-ts';
import type { App, Context } from 'micro-ts';
import { World } from '../cli.test.fixture.ts';
import type { Running } from '../cli.test.fixture.ts';
import { createProxyMicro } from './proxy-micro.ts';

interface N {
  readonly n: number;
}

/** How calls have ended that were not read to their end. */
const left: string[] = [];
/** Messages that somebody has taken. */
let flooded = 0;

@Service('numbers')
class Numbers {
  @Handler({ stream: 'bidi' })
  async *double(requests: AsyncIterable<N>, { signal, metadata }: Context): AsyncIterable<object> {
    signal.addEventListener('abort', () => left.push('double'));
    for await (const { n } of requests) {
      if (n === 13) throw new MicroError('failed_precondition', 'thirteen');
      yield { n: n * 2, tenant: metadata['tenant'] };
      if (n === 0) return;
    }
  }

  /** A hundred megabytes, if somebody reads them. */
  @Handler({ stream: 'bidi' })
  async *flood(requests: AsyncIterable<N>): AsyncIterable<object> {
    for await (const { n } of requests)
      for (flooded = 0; flooded < n; flooded++) yield { text: 'x'.repeat(20_000) };
  }

  @Handler({ http: 'GET /numbers/:n' })
  async *count({ n }: N): AsyncIterable<N> {
    for (let each = 1; each <= n; each++) yield { n: each };
  }

  @Handler({ stream: 'client' })
  async sum(requests: AsyncIterable<N>): Promise<{ readonly sum: number }> {
    let sum = 0;
    for await (const { n } of requests) sum += n;
    return { sum };
  }

  @Handler({ stream: 'bidi', internal: true })
  secretly(requests: AsyncIterable<N>, context: Context): AsyncIterable<object> {
    return this.double(requests, context);
  }
}

const world = new World();
let app: App;
let sidecar: Running;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  const registry = ['local', { folder: join(world.folder, 'nodes') }] as const;
  app = await createApp({ registry, log: 'silent', grace: 0 }, [Numbers]);
  env = { MICRO_REGISTRY_ADDRESS: join(world.folder, 'elsewhere') };
  await startSidecar();
}, 90_000);
afterAll(async () => {
  world.close();
  await app.close();
});
beforeEach(() => void left.splice(0));

async function startSidecar(): Promise<void> {
  const token = 'a-token-that-nobody-guesses';
  sidecar = await world.sidecar({ MICRO_SIDECAR_TOKEN: token });
  const address = await sidecar.prints(/listens on http:\/\/(127\.0\.0\.1:\d+)/);
  env = { ...env, MICRO_PROXY_ADDRESS: address, MICRO_TOKEN: token };
}

/** A command whose pipe stays open. */
const open = (line: string): Running => world.start(line.split(' '), { env });

describe('a stream of requests through --proxy', () => {
  it('is sent line by line, and ends where the input ends', async () => {
    const input = '{"n":1}\n{"n":12345678901234567890}\n{"n":3}\n';
    const line = 'stream numbers double -o json --metadata tenant=acme';
    expect(await world.micro(line, { env, input })).toEqual({
      code: 0,
      out: '{"n":2,"tenant":"acme"}\n{"n":24691357802469134000,"tenant":"acme"}\n{"n":6,"tenant":"acme"}\n',
      err: '',
    });
    const sum = await world.micro('call numbers sum -o json', { env, input: '{"n":1}\n{"n":2}' });
    expect(sum).toEqual({ code: 0, out: '{"sum":3}\n', err: '' });
    const nothing = await world.micro('call numbers sum -o json', { env, input: '\n' });
    expect(nothing.out).toBe('{"sum":0}\n');
  }, 120_000);

  it('is answered while it lasts', async () => {
    const running = open('stream numbers double -o json');
    for (const n of [1, 2]) {
      running.child.stdin.write(`{"n":${n}}\n`);
      await running.prints(new RegExp(`\\{"n":${n * 2}\\}`));
    }
    running.child.stdin.write('{"n":0}\n');
    expect(await running.ended).toBe(0);
    expect(running.output.err).toBe('');
  }, 60_000);

  it('ends with the error of the service, or with that of the input', async () => {
    const input = '{"n":1}\n{"n":13}\n{"n":2}\n';
    expect(await world.micro('stream numbers double -o json', { env, input })).toEqual({
      code: 1,
      out: '{"n":2}\n',
      err: expect.stringContaining(
        '"failed_precondition","message":"error calling numbers.Numbers.Double: thirteen"',
      ) as string,
    });
    const wrong = await world.micro('stream numbers double', { env, input: 'nonsense\n' });
    expect(wrong.err).toContain('a line of the pipe is no JSON');
    expect(wrong).toEqual(await world.micro('stream numbers double', { input: 'nonsense\n' }));
    const late = open('stream numbers double --timeout 300ms');
    expect(await late.ended).toBe(1);
    expect(late.output.err).toMatch(/^micro: error calling numbers\.Numbers\.Double: .*\n$/);
  }, 120_000);

  it('ends in peace on Ctrl-C, and the service hears of it', async () => {
    const running = open('stream numbers double -o json');
    running.child.stdin.write('{"n":1}\n');
    await running.prints(/\{"n":2\}/);
    running.child.kill('SIGINT');
    expect(await running.ended).toBe(130);
    expect(running.output.err).toBe('');
    while (left.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(left).toEqual(['double']);
  }, 60_000);

  it('is read no faster than what it answers is printed', async () => {
    const running = open('stream numbers flood -o json');
    running.child.stdout.pause();
    running.child.stdin.write('{"n":5000}\n');
    let before = -1;
    while (flooded === 0 || flooded !== before) {
      before = flooded;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(flooded).toBeLessThan(5_000);
    running.child.stdout.resume();
    while (flooded < 5_000) await new Promise((resolve) => setTimeout(resolve, 20));
    running.child.stdin.end();
    expect(await running.ended).toBe(0);
    expect(running.output.out.length).toBeGreaterThan(100e6);
  }, 60_000);

  it('is refused as the sidecar says it', async () => {
    const wrong = { ...env, MICRO_TOKEN: 'wrong-token-and-long' };
    const refused = await world.micro('stream numbers double', { env: wrong, input: '{"n":1}' });
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('the sidecar wants its token');
  }, 60_000);

  it('goes to one address', async () => {
    const line = `stream numbers double -o json --address ${app.nodes[0]?.address ?? ''}`;
    const one = await world.micro(line, { env, input: '{"n":1}' });
    expect(one).toEqual({ code: 0, out: '{"n":2}\n', err: '' });
    const nobody = await world.micro('stream numbers double --address 127.0.0.1:1', {
      env,
      input: '{"n":1}',
    });
    expect(nobody).toMatchObject({ code: 1, out: '' });
    expect(nobody.err).toMatch(/^micro: error calling numbers\.Numbers\.Double: /);
  }, 60_000);

  it('goes to an internal endpoint', async () => {
    const micro = createProxyMicro(env['MICRO_PROXY_ADDRESS'] ?? '', env['MICRO_TOKEN']);
    async function* numbers(): AsyncIterable<N> {
      yield* [{ n: 1 }, { n: 2 }];
    }
    const answers: unknown[] = [];
    const stream = await micro.call('numbers', 'Numbers.Secretly', numbers());
    for await (const each of stream as AsyncIterable<unknown>) answers.push(each);
    expect(answers).toEqual([{ n: 2 }, { n: 4 }]);
  }, 60_000);

  it('is for the service of that name, whatever the namespace of the sidecar and its routes', async () => {
    const other = await world.sidecar({ MICRO_SIDECAR_NAMESPACE: 'go.micro.srv' });
    const url = await other.prints(/listens on http:\/\/(127\.0\.0\.1:\d+)/);
    const through = { env: { MICRO_PROXY_ADDRESS: url }, input: '{"n":1}\n{"n":2}\n' };
    const [double, sum, count] = await Promise.all([
      world.micro('stream numbers double -o json', through),
      world.micro('call numbers sum -o json', through),
      world.micro('stream numbers count --n 2 -o json', { ...through, input: '' }),
    ]);
    expect(double).toEqual({ code: 0, out: '{"n":2}\n{"n":4}\n', err: '' });
    expect(sum).toEqual({ code: 0, out: '{"sum":3}\n', err: '' });
    expect(count).toEqual({ code: 0, out: '{"n":1}\n{"n":2}\n', err: '' });
    other.child.kill('SIGKILL');
  }, 120_000);

  it('says that the sidecar has died', async () => {
    const running = open('stream numbers double -o json');
    running.child.stdin.write('{"n":1}\n');
    await running.prints(/\{"n":2\}/);
    sidecar.child.kill('SIGKILL');
    expect(await running.ended).toBe(1);
    expect(running.output.err).toContain('the stream of the sidecar broke off');
    while (left.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }, 60_000);
});
