import { setTimeout as pause } from 'node:timers/promises';
import { metadata } from '@micro-ts/interface';
import type { Delivery, MicroError } from '@micro-ts/interface';
import { Backlog } from './backlog.ts';

async function until(check: () => boolean): Promise<void> {
  const start = performance.now();
  while (!check()) {
    if (performance.now() - start > 5_000) throw new Error(`never: ${check.toString()}`);
    await pause(5);
  }
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const event = (size = 1): Delivery => ({
  topic: 't',
  attempt: 1,
  contentType: 'text/plain',
  metadata: metadata(),
  body: new Uint8Array(size),
});

class Outcomes {
  taken = 0;
  readonly refused: string[] = [];
  readonly publisher = {
    taken: () => void this.taken++,
    refused: ({ code }: MicroError) => void this.refused.push(code),
  };
}

describe('the backlog of a subscription', () => {
  it('runs so many, keeps so many, lets so many wait, and refuses the rest', async () => {
    const done: (() => void)[] = [];
    const handler = () => new Promise<void>((resolve) => done.push(resolve));
    const limits = { concurrency: 2, events: 3, bytes: 1_000, waiting: 4 };
    const backlog = new Backlog(handler, limits);
    const outcomes = new Outcomes();
    for (let at = 0; at < 10; at++) backlog.add(event(), outcomes.publisher);
    expect([done.length, outcomes.taken, outcomes.refused]).toEqual([2, 5, ['resource_exhausted']]);
    done.shift()?.();
    await until(() => outcomes.taken === 6);
    expect(done).toHaveLength(2);
  });

  it('keeps no more bytes than it may, but always one event', async () => {
    const hang = gate();
    const limits = { concurrency: 1, events: 100, bytes: 10, waiting: 100 };
    const backlog = new Backlog(() => hang.opened, limits);
    const outcomes = new Outcomes();
    for (const size of [5, 50, 1]) backlog.add(event(size), outcomes.publisher);
    expect(outcomes.taken).toBe(2);
    hang.open();
    await until(() => outcomes.taken === 3);
  });

  it('forgets an event whose publisher left before it was taken', async () => {
    const hang = gate();
    let ran = 0;
    const limits = { concurrency: 1, events: 1, bytes: 10, waiting: 9 };
    const backlog = new Backlog(() => (ran++, hang.opened), limits);
    const outcomes = new Outcomes();
    const [, , leave] = [1, 2, 3].map(() => backlog.add(event(), outcomes.publisher));
    leave?.();
    hang.open();
    await backlog.close();
    expect([ran, outcomes.taken, outcomes.refused]).toEqual([2, 2, []]);
  });

  it('closing ends what was taken, and refuses what was not', async () => {
    const hang = gate();
    let ran = 0;
    const limits = { concurrency: 1, events: 1, bytes: 10, waiting: 9 };
    const handler = async (): Promise<void> => {
      ran++;
      await hang.opened;
      throw new Error('a failing handler stops nothing');
    };
    const backlog = new Backlog(handler, limits);
    const outcomes = new Outcomes();
    for (let at = 0; at < 4; at++) backlog.add(event(), outcomes.publisher);
    const closed = backlog.close();
    backlog.add(event(), outcomes.publisher);
    hang.open();
    await closed;
    expect([ran, outcomes.taken]).toEqual([2, 2]);
    expect(outcomes.refused).toEqual(['unavailable', 'unavailable', 'unavailable']);
  });
});
