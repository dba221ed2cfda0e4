import { setTimeout as pause } from 'node:timers/promises';
import { Lifetime, MicroError, noMetadata } from '@micro-ts/interface';
import type { Exchange } from '@micro-ts/interface';
import { text, until } from '@micro-ts/testing';
import type { MemoryServer, Travelling } from './memory-bus.test.fixture.ts';
import { call, echo, failure, pair } from './pair.test.fixture.ts';
import { headBytes, kind, windowBytes } from './tunnel-message.ts';

/** Never answers. */
const hang: Exchange = (message) =>
  new Promise((_resolve, reject) => message.lifetime.onEnd(reject));

const dataOf = ({ bytes }: Travelling): number =>
  bytes !== undefined && bytes[0] === kind.data ? bytes.length - headBytes : 0;

/** The bytes that one end of the only tunnel has sent and the other has not said to have read. */
function unread(server: MemoryServer, to: string): number {
  let bytes = 0;
  for (const message of server.sent) {
    if (message.to === to) bytes += dataOf(message);
    else if (message.bytes?.[0] === kind.ack) bytes -= message.bytes.readUInt32BE(headBytes);
  }
  return bytes;
}

describe('a tunnel', () => {
  it('carries bodies of any size in messages of the size that the bus takes', async () => {
    const { connection, server, listener } = await pair(echo, { maxBytes: 10_000 });
    const body = Buffer.alloc(3_000_000, 'abcdefghijklm');
    const answer = await connection.exchange(call(body));
    expect(Buffer.compare(answer.body as Buffer, body)).toBe(0);
    expect(Math.max(...server.sent.map(({ bytes }) => bytes?.length ?? 0))).toBeLessThanOrEqual(
      10_000,
    );
    await connection.close();
    await listener.close();
    expect(server.places.size).toBe(1); // the caller's own place stays, for others
  });

  it('numbers its messages, and holds what is not read within its window', async () => {
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { connection, server, listener } = await pair(async () => {
      const body = async function* (): AsyncGenerator<Uint8Array> {
        for (let n = 0; n < 60; n++) yield Buffer.alloc(100_000, n);
      };
      return { contentType: 'application/json', metadata: noMetadata, body: body() };
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => connection.exchange(call())));
    const client = server.sent.find(({ bytes }) => bytes?.[0] === kind.open)?.from ?? '';
    const reading = answers.map(async ({ body }) => {
      let bytes = 0;
      for await (const value of body as AsyncIterable<Uint8Array>) {
        await gate;
        bytes += value.length;
      }
      return bytes;
    });
    await pause(200);
    const held = unread(server, client);
    console.log(`unread of a slow reader: ${held} bytes`);
    expect(held).toBeLessThanOrEqual(windowBytes);
    go();
    expect(new Set(await Promise.all(reading))).toEqual(new Set([6_000_000]));
    const numbers = server.sent
      .filter(({ to, bytes }) => to === client && bytes !== undefined)
      .map(({ bytes }) => bytes?.readUInt32BE(1));
    expect(numbers).toEqual(numbers.map((_number, at) => at));
    await connection.close();
    await listener.close();
  });

  it.each([
    ['is lost', 0],
    ['comes twice', 2],
  ])('fails all calls when a message %s, and none gets a wrong answer', async (_what, times) => {
    const { connection, server, listener } = await pair(echo);
    let count = 0;
    server.fate = ({ bytes }) => (bytes?.[0] === kind.data && ++count === 8 ? times : 1);
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, async (_none, at) => {
        await pause(at % 50);
        const body = `"${at}-${'x'.repeat(1_000)}"`;
        const answer = await connection.exchange(call(body));
        expect(text(answer.body)).toBe(body);
      }),
    );
    const failed = results.filter(({ status }) => status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const result of failed) {
      expect((result as PromiseRejectedResult).reason).toMatchObject({ code: 'unavailable' });
    }
    expect(await connection.closed).toBeInstanceOf(MicroError);
    await listener.close();
  });

  it('notices within half a second that the last message was lost', async () => {
    const { connection, server, listener } = await pair(echo);
    await connection.exchange(call());
    server.fate = ({ bytes }) => (bytes?.[0] === kind.data ? 0 : 1);
    const start = performance.now();
    const error = await failure(connection.exchange(call()));
    expect(error).toMatchObject({ code: 'unavailable' });
    console.log(`a lost message was noticed after ${Math.round(performance.now() - start)} ms`);
    expect(performance.now() - start).toBeLessThan(5_000); // liveness alone would take ten seconds
    await listener.close();
  });

  it('fails what runs within half a second of the death of the other end', async () => {
    const { connection, server, listener } = await pair(hang);
    const running = Array.from({ length: 10 }, () => failure(connection.exchange(call())));
    await pause(300);
    server.kill(listener.address);
    const start = performance.now();
    for (const error of await Promise.all(running)) {
      expect(error).toMatchObject({ code: 'unavailable', refused: false });
    }
    const took = performance.now() - start;
    console.log(`death was noticed after ${Math.round(took)} ms`);
    expect(took).toBeLessThan(5_000); // liveness alone would take ten seconds
    expect(await failure(connection.exchange(call()))).toMatchObject({ refused: true });
    await listener.close();
  });

  it('leaves a frozen end alone, and goes on where it was', async () => {
    const { connection, server, listener } = await pair(echo);
    await connection.exchange(call());
    const states: string[] = [];
    connection.onState?.((state) => states.push(state));
    server.freeze(listener.address);
    const running = connection.exchange(call('"late"'));
    await until(() => states.includes('suspect'));
    await server.thaw(listener.address);
    expect(text((await running).body)).toBe('"late"');
    expect(states).toEqual(['suspect', 'ready']);
    await connection.close();
    await listener.close();
  });

  it('does not run what was given up while this process stood still, however slowly it reads on', async () => {
    const ran: string[] = [];
    const { connection, server, listener } = await pair(async (message) => {
      ran.push(text(message.body));
      return echo(message);
    });
    await connection.exchange(call('before'));
    server.freeze(listener.address);
    const lifetimes = Array.from({ length: 5 }, () => new Lifetime());
    const leaving = lifetimes.map(async (lifetime) => {
      const failed = failure(connection.exchange(call('given up', { lifetime })));
      await pause(5);
      lifetime.end(new MicroError('deadline_exceeded', 'late'));
      return failed;
    });
    await Promise.all(leaving);
    const waiting = connection.exchange(call('waited for'));
    await pause(5);
    // Both ends are in this process.
    for (const end = performance.now() + 600; performance.now() < end;);
    await server.thaw(listener.address, 40);
    expect(text((await waiting).body)).toBe('waited for');
    expect(text((await connection.exchange(call('after'))).body)).toBe('after');
    expect(ran).toEqual(['before', 'waited for', 'after']);
    await connection.close();
    await listener.close();
  });

  it('ends what its caller began when the caller is gone', async () => {
    let life: Lifetime | undefined;
    const { connection, server, listener } = await pair((message) => {
      life = message.lifetime;
      return hang(message);
    });
    connection.exchange(call('{}', { lifetime: new Lifetime() })).catch(() => undefined);
    await until(() => life !== undefined);
    server.kill([...server.places.keys()].find((name) => name !== listener.address) ?? '');
    await until(() => life?.reason !== undefined, 10_000);
    expect(life?.reason?.code).toBe('cancelled');
    await listener.close();
    await connection.close();
  }, 20_000);

  it('waits for a medium that has enough', async () => {
    const { connection, client, listener } = await pair(echo);
    const [bus] = client.buses;
    bus!.flow.writable = false;
    let answered = false;
    const running = connection.exchange(call('"held"')).then((answer) => {
      answered = true;
      return answer;
    });
    await pause(100);
    expect(answered).toBe(false);
    bus!.flow.writable = true;
    for (const work of bus!.flow.waiting.splice(0)) work();
    expect(text((await running).body)).toBe('"held"');
    await connection.close();
    await listener.close();
  });
});
