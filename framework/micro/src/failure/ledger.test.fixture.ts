// A node that writes down each call that it runs, in a file that outlives it.
import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Handler, Service } from '@micro-ts/core';
import type { Context } from '@micro-ts/core';
import { createApp } from '../create-app.ts';
import type { Config } from '../config.ts';
import { closeOnSignal } from '../signals.ts';

const { LEDGER_FILE = '', LEDGER_CONFIG = '{}' } = process.env;
const file = openSync(LEDGER_FILE, 'a');
@Service('ledger')
export class Ledger {
  @Handler()
  async add({ id, ms }: { id: string; ms: number }): Promise<{ pid: number }> {
    writeSync(file, `${id} ${Date.now()} ${process.pid}\n`);
    await pause(ms);
    return { pid: process.pid };
  }

  @Handler({ idempotent: true })
  async read({ id, ms }: { id: string; ms: number }): Promise<{ pid: number }> {
    return this.add({ id, ms });
  }

  /** Counts until it is told to stop, and writes down when it is. */
  @Handler()
  async *count(
    { id, every, most }: { id: string; every: number; most: number },
    { signal }: Context,
  ): AsyncIterable<{ n: number }> {
    signal.addEventListener('abort', () => writeSync(file, `${id} ${process.pid} aborted\n`));
    try {
      for (let n = 1; n <= most; n++) {
        yield { n };
        if (every > 0) await pause(every);
        if (signal.aborted) return;
      }
      throw new Error('midway');
    } finally {
      writeSync(file, `${id} ${process.pid} left\n`);
    }
  }

  /** Takes numbers until they end or break, and writes down which. */
  @Handler({ stream: 'client' })
  async sum(numbers: AsyncIterable<{ id: string; n: number }>): Promise<{ sum: number }> {
    let sum = 0;
    let last = '';
    try {
      for await (const { id, n } of numbers) {
        if (last === '') writeSync(file, `${id} ${process.pid} begun\n`);
        last = id;
        sum += n;
        if (n < 0) throw new Error('negative');
      }
    } catch (error) {
      writeSync(file, `${last} ${process.pid} broke\n`);
      throw error;
    }
    return { sum };
  }
}

const app = closeOnSignal(await createApp(JSON.parse(LEDGER_CONFIG) as Config, [Ledger]));
process.stdout.write(`listening ${app.nodes[0]?.address ?? ''}\n`);
