import { setTimeout as pause } from 'node:timers/promises';
import type { Exchange } from '@micro-ts/interface';
import { text, until } from '@micro-ts/testing';
import { LoopStall } from './loop-stall.ts';
import { echo, pair } from './pair.test.fixture.ts';

/** Keeps this process from doing anything else. */
function stand(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('a process that stood still', () => {
  describe('by a clock of its own', () => {
    let now = 0;
    beforeAll(() => jest.spyOn(performance, 'now').mockImplementation(() => now));
    afterAll(() => jest.restoreAllMocks());

    it('takes what it reads for old until the bus has answered, however long that takes', async () => {
      const stall = new LoopStall();
      let answer = (): void => undefined;
      stall.post = { flush: () => new Promise((resolve) => (answer = resolve)) };
      expect([stall.waited, stall.reading]).toEqual([0, undefined]);
      now += 500;
      for (let beats = 0; beats < 100; beats++) {
        expect(stall.waited).toBe(500);
        now += 100;
      }
      answer();
      await stall.reading;
      expect([stall.waited, stall.reading]).toEqual([0, undefined]);
      stall.stop();
    });

    it('waits for the latest answer where it stood still again', async () => {
      const stall = new LoopStall();
      const answers: (() => void)[] = [];
      stall.post = { flush: () => new Promise((resolve) => answers.push(resolve)) };
      now += 500;
      const first = stall.reading;
      now += 700;
      const second = stall.reading;
      answers[0]?.();
      await first;
      expect([stall.waited, stall.reading]).toEqual([700, second]);
      answers[1]?.();
      await second;
      expect([stall.waited, stall.reading]).toEqual([0, undefined]);
      stall.stop();
    });

    it('takes it for new again when the bus is gone', async () => {
      const stall = new LoopStall();
      stall.post = { flush: () => Promise.reject(new Error('gone')) };
      now += 500;
      expect(stall.waited).toBe(500);
      await stall.reading;
      expect(stall.waited).toBe(0);
      stall.stop();
    });
  });

  it("does not run go-micro's calls whose deadline may have passed, and runs the others", async () => {
    const ran: string[] = [];
    const exchange: Exchange = async (message) => {
      ran.push(text(message.body));
      return echo(message);
    };
    const { server, listener, connection } = await pair(exchange);
    server.freeze(listener.address);
    for (const [Timeout, name] of [
      ['300000000', 'short'],
      ['60000000000', 'long'],
    ] as const) {
      const headers = { 'Micro-Endpoint': 'A.B', 'Content-Type': 'application/json', Timeout };
      const message = { headers, body: Buffer.from(name) };
      server.send({ to: listener.address, id: '', from: 'go', message });
    }
    await pause(20);
    stand(600);
    await server.thaw(listener.address);
    await until(() => ran.includes('long'));
    expect(ran).toEqual(['long']);
    await connection.close();
    await listener.close();
  });
});
