import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@micro-ts/core';
import { Cluster, report, until } from './cluster.test.fixture.ts';
import type { Ledger } from './ledger.test.fixture.ts';

type Program = Awaited<ReturnType<Cluster['node']>>;

describe('a stream, over frames', () => {
  const cluster = new Cluster('frames');
  let node: Program;
  let client: Client<Ledger>;
  let count = 0;

  beforeAll(async () => {
    node = await cluster.node();
    client = await cluster.client(1);
  });
  afterAll(() => cluster.close());

  const nextId = (): string => `s${++count}`;
  const endlessly = () => ({ id: nextId(), every: 10, most: 1e9 });
  const wrote = (id: string, word: string): boolean =>
    cluster
      .ledger()
      .get(id)
      ?.some((line) => line.endsWith(word)) ?? false;

  /** How long until it happened, in ms. */
  async function within(what: string, limit: number, test: () => boolean): Promise<void> {
    const began = performance.now();
    await until(what, test, 30_000);
    const ms = performance.now() - began;
    report(`${what}: after ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(limit);
  }

  async function* numbers(
    id: string,
    most: number,
    every = 0,
  ): AsyncGenerator<{ id: string; n: number }> {
    for (let n = 1; n <= most; n++) {
      yield { id, n };
      if (every > 0) await pause(every);
    }
  }

  it('that its reader leaves stops its writer', async () => {
    const id = nextId();
    for await (const { n } of client.count({ id, every: 10, most: 1e9 })) if (n === 3) break;
    await within('the writer learns that the reader left', 5_000, () => wrote(id, 'left'));
  });

  it('that its reader cancels stops its writer', async () => {
    const id = nextId();
    const cancel = new AbortController();
    const read = async (): Promise<void> => {
      for await (const { n } of client.count(
        { id, every: 10, most: 1e9 },
        { signal: cancel.signal },
      ))
        if (n === 3) cancel.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'cancelled' });
    await within('the writer learns that the reader cancelled', 5_000, () => wrote(id, 'aborted'));
  });

  it('that reaches its deadline stops on both sides', async () => {
    const id = nextId();
    const read = async (): Promise<void> => {
      for await (const _ of client.count({ id, every: 10, most: 1e9 }, { timeout: 200 }));
    };
    await expect(read()).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await within('the writer learns of the deadline', 5_000, () => wrote(id, 'left'));
  });

  it('that its writer breaks midway says so after what was sent', async () => {
    let seen = 0;
    const read = async (): Promise<void> => {
      for await (const { n } of client.count({ id: nextId(), every: 0, most: 500 })) seen = n;
    };
    await expect(read()).rejects.toMatchObject({ code: 'internal' });
    expect(seen).toBe(500);
  });

  it('of requests that breaks midway is heard by its reader', async () => {
    const id = nextId();
    async function* breaking(): AsyncGenerator<{ id: string; n: number }> {
      yield* numbers(id, 5, 20); // in one piece with its end, it would not even begin
      throw new Error('no more');
    }
    await expect(client.sum(breaking())).rejects.toThrow();
    await within('the reader learns that the writer broke', 5_000, () => wrote(id, 'broke'));
  });

  it('of requests whose reader breaks stops its writer', async () => {
    const id = nextId();
    let stopped = false;
    async function* endless(): AsyncGenerator<{ id: string; n: number }> {
      try {
        for (let n = 1; ; n++) yield { id, n: n === 100 ? -1 : n };
      } finally {
        stopped = true;
      }
    }
    await expect(client.sum(endless())).rejects.toMatchObject({ code: 'internal' });
    await within('the writer learns that the reader broke', 5_000, () => stopped);
  });

  it('that its reader does not read holds its writer, and goes on afterwards', async () => {
    const id = nextId();
    const stream = client.count({ id, every: 0, most: 200_000 })[Symbol.asyncIterator]();
    await stream.next();
    await pause(1_000);
    let last = 1;
    await expect(
      (async () => {
        for (let each = await stream.next(); !each.done; each = await stream.next())
          last = each.value.n;
      })(),
    ).rejects.toMatchObject({ code: 'internal' });
    expect(last).toBe(200_000);
  });

  it('breaks when the process of its writer dies', async () => {
    const victim = await cluster.node();
    const direct = await cluster.client(2);
    let broke: unknown;
    const address = /listening (\S+)/.exec(victim.output.out)?.[1];
    void (async () => {
      for await (const _ of direct.count(endlessly(), { address, timeout: Infinity }));
    })().catch((error: unknown) => (broke = error));
    await pause(500);
    victim.process.kill('SIGKILL');
    await within('the reader learns that the writer died', 5_000, () => broke !== undefined);
    expect(broke).toMatchObject({ code: 'unavailable' });
  });

  it('breaks within ten seconds when the process of its writer is silent', async () => {
    const victim = await cluster.node();
    const address = /listening (\S+)/.exec(victim.output.out)?.[1];
    let broke: unknown;
    void (async () => {
      for await (const _ of client.count(endlessly(), { address, timeout: Infinity }));
    })().catch((error: unknown) => (broke = error));
    await pause(500);
    victim.process.kill('SIGSTOP');
    await within('the reader learns that the writer is frozen', 20_000, () => broke !== undefined);
    victim.process.kill('SIGKILL');
    expect(broke).toMatchObject({ code: 'unavailable' });
  });

  it('leaves no handle, timer or listener', async () => {
    await client.add({ id: nextId(), ms: 0 });
    await pause(300);
    const before = process.getActiveResourcesInfo().length;
    for (let round = 0; round < 50; round++) {
      const id = nextId();
      for await (const { n } of client.count({ id, every: 0, most: 1e9 })) if (n === 50) break;
      await client.sum(numbers(id, 50));
    }
    const left = (): number => process.getActiveResourcesInfo().length;
    await until('no more is open than before', () => left() <= before);
    expect(await client.add({ id: nextId(), ms: 0 })).toEqual({ pid: node.process.pid });
  });
});
