import { createApp, Handler, MicroError, Service } from 'micro-ts';
import type { App } from 'micro-ts';
import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { Place } from '../place.test.fixture.ts';
import { benchCommand } from './index.ts';
import { Latencies } from './latencies.ts';
import { applyLoad } from './load.ts';

@Service('pace')
class Pace {
  static stalled: Promise<void> | undefined;
  static last: unknown;
  static called = (): void => undefined;
  @Handler({ request: v.object({ n: v.optional(v.number()) }) })
  async fast(request: { readonly n?: number | undefined }): Promise<{ readonly n: number }> {
    Pace.called();
    await Pace.stalled;
    Pace.last = request;
    return { n: request.n ?? 1 };
  }
  @Handler()
  async bad(): Promise<object> {
    throw new MicroError('failed_precondition', 'not today');
  }
  @Handler()
  async *count(): AsyncIterable<{ readonly n: number }> {
    yield { n: 1 };
    yield { n: 2 };
  }
}

const place = new Place();

interface Result {
  readonly calls: number;
  readonly per_second: number;
  readonly latency: Record<'p50' | 'p90' | 'p99' | 'max', number>;
  readonly errors: Record<string, number>;
  readonly nodes: Record<string, number>;
  readonly endpoint: string;
  readonly seconds: number;
}

let nodes: readonly App[];
let app: App;
beforeAll(async () => {
  nodes = [await createApp(place.config, [Pace]), await createApp(place.config, [Pace])];
  app = await createApp(place.config);
});
afterAll(async () => {
  await Promise.all([app, ...nodes].map((each) => each.close()));
  place.clear();
});

async function run(input: object, signal = new AbortController().signal, lines: string[] = []) {
  const given = { service: 'pace', endpoint: 'fast', duration: '300ms', warmup: '0', ...input };
  const parsed = v.safeParse(benchCommand.input, given);
  if (!parsed.success) throw new Error(parsed.issues[0].message);
  const permissions = ['call'] as const;
  const context = {
    micro: app,
    permissions,
    signal,
    progress: (line: string) => void lines.push(line),
  };
  const output = await benchCommand.run(parsed.output, context);
  if (Symbol.asyncIterator in output) throw new Error('it answers once');
  return { ...output, data: output.data as Result };
}

describe('micro bench', () => {
  it('keeps calls in flight, and tells how they went and where', async () => {
    const lines: string[] = [];
    const { data, text } = await run(
      { concurrency: '8', duration: '1s', warmup: '100ms' },
      undefined,
      lines,
    );
    expect(data.endpoint).toBe('Pace.Fast');
    expect(data.calls).toBeGreaterThan(10);
    expect(data.per_second).toBeCloseTo(data.calls, -2);
    const { p50, p90, p99, max } = data.latency;
    expect(p50).toBeGreaterThan(0);
    expect([p50, p90, p99, max]).toEqual([p50, p90, p99, max].sort((a, b) => a - b));
    expect(data.errors).toEqual({});
    const counts = Object.values(data.nodes);
    expect(counts).toHaveLength(2);
    expect(counts.reduce((a, b) => a + b)).toBe(data.calls);
    expect(text).toMatch(/answered +[\d,.]+ a second\nlatency +p50 .*\nnode +pace-.* \d+\.\d %/);
    expect(lines.at(-1)).toMatch(/^[01]\.\d of 1 s {3}[\d,]+ calls\/s {3}p99 \d/);
  });

  it('keeps to a rate', async () => {
    const { data } = await run({ rate: '200', duration: '500ms' });
    expect(data.calls).toBe(100);
  });

  it('counts what has to wait for a stall, which a closed loop would leave out', async () => {
    Pace.called = () => {
      Pace.called = () => undefined;
      setTimeout(() => {
        Pace.stalled = wait(300);
      }, 200);
    };
    const { data } = await run({ rate: 500, concurrency: 1, duration: '1s' });
    Pace.stalled = undefined;
    // About 150 of 500 calls were due while nothing moved, and waited 150 ms on average.
    expect(data.calls).toBe(500);
    expect(data.latency.max).toBeGreaterThan(250);
    expect(data.latency.p90).toBeGreaterThan(80);
  });

  it('tells failures by code, and fails if there is nothing else', async () => {
    const { data, text, failed } = await run({ endpoint: 'Pace.Bad', concurrency: 2 });
    expect(data.errors['failed_precondition']).toBe(data.calls);
    expect(text).toMatch(/failed +failed_precondition [\d,]+: not today/);
    expect(failed).toBe(true);
  });

  it('shows what was measured so far when it is interrupted', async () => {
    const interrupted = new AbortController();
    let calls = 0;
    Pace.called = () => void (++calls === 1_000 && interrupted.abort());
    const { data } = await run({ duration: '1h' }, interrupted.signal);
    Pace.called = () => undefined;
    expect(data.calls).toBeGreaterThan(10);
    expect(data.seconds).toBeLessThan(60);
    expect(data.errors).toEqual({});
  });

  it('takes the request as micro call does, in members or in words', async () => {
    await run({ fields: { n: ['7'] }, timeout: '500ms', concurrency: 1 });
    expect(Pace.last).toEqual({ n: 7 });
    await run({ request: ['{"n":', '8}'], concurrency: 1 });
    expect(Pace.last).toEqual({ n: 8 });
    const known = { service: 'pace', endpoint: 'fast' };
    const { signal } = new AbortController();
    const context = { micro: app, permissions: ['call'], signal } as const;
    expect(await benchCommand.open?.schema(known, context)).toMatchObject({
      properties: { n: { type: 'number' } },
    });
  });

  it('reads streams to their end', async () => {
    expect((await run({ endpoint: 'count' })).data.calls).toBeGreaterThan(0);
  });

  it.each([
    [{ service: 'pece' }, /pece/],
    [{ endpoint: 'Pace.Fats' }, /Fats/],
    [{ fields: { n: ['"x"'] } }, /n/],
    [{ request: ['{"n":"x"}'] }, /n: /],
    [{ request: ['{'] }, /no JSON/],
    [{ request: ['{}'], fields: { n: ['1'] } }, /not as both at once/],
    [{ duration: 'ten' }, /should be a time/],
    [{ duration: '0' }, /should be a time above 0/],
    [{ timeout: '5 s' }, /should be a time/],
    [{ concurrency: '0' }, /./],
    [{ rate: 'many' }, /./],
  ])('refuses %j', async (input, message) => {
    const given = run({ ...input, duration: '50ms', ...('duration' in input && input) });
    await expect(given).rejects.toThrow(message);
  });
});

it('holds latencies within 1.1 %', () => {
  const latencies = new Latencies();
  for (let n = 1; n <= 10_000; n++) latencies.add(n / 100);
  expect(latencies.quantile(0.5)).toBeGreaterThanOrEqual(50);
  expect(latencies.quantile(0.5)).toBeLessThan(50 * 1.012);
  expect(latencies.quantile(1)).toBe(100);
  expect(new Latencies().quantile(0.5)).toBe(0);
});

it('ends although every call fails at once', async () => {
  const options = {
    concurrency: 4,
    duration: 50,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  const { tally } = await applyLoad(() => Promise.reject(new Error('no')), options);
  expect(tally.failures).toBeGreaterThan(4);
});
