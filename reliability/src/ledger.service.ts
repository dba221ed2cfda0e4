// What the processes of the scenarios serve: each call and each event is written down, in a file that
// outlives them.
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Handler, Service, Subscribe, topic } from 'micro-ts';

const { LEDGER = '/dev/null', LEDGER_EVENT_MS = '0' } = process.env;
const write = (id: string): void => appendFileSync(LEDGER, `${id} ${process.pid}\n`);

/** Events that are counted. */
export const counted = topic<{ id: string }>('reliability.counted');

@Service('ledger')
export class Ledger {
  @Handler()
  async add({ id, ms }: { id: string; ms: number }): Promise<{ pid: number }> {
    write(id);
    if (ms > 0) await pause(ms);
    return { pid: process.pid };
  }
}

@Service('workers')
export class Workers {
  @Subscribe(counted, {
    queue: 'reliability-workers',
    delivery: 'at-least-once',
    attempts: 20,
    concurrency: 32,
  })
  async take({ id }: { id: string }): Promise<void> {
    const ms = Number(LEDGER_EVENT_MS);
    if (ms > 0) await pause(ms);
    write(id);
  }
}

/** Hears events that nobody promises to keep. */
@Service('listeners')
export class Listeners {
  @Subscribe(counted)
  async hear({ id }: { id: string }): Promise<void> {
    write(id);
  }
}
