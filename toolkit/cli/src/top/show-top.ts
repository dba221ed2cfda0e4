import { setTimeout as wait } from 'node:timers/promises';
import type { Terminal } from '../local-command.ts';
import { Sampler } from './sampler.ts';
import { answerOf, draw, sortings } from './view.ts';
import type { Sorting } from './view.ts';

/** What `micro top` is told. */
export interface TopInput {
  readonly service?: string | undefined;
  readonly every: number;
}

/**
 * Shows what every node does until `q` or the signal; without a terminal, once.
 * @throws MicroError if the registry cannot be reached
 */
export async function showTop(input: TopInput, terminal: Terminal): Promise<number> {
  const sampler = new Sampler(await terminal.micro(), Math.max(input.every, 500));
  await sampler.open(input.service);
  try {
    if (terminal.out.isTTY && terminal.in.isTTY) await live(sampler, input, terminal);
    else await once(sampler, input, terminal);
  } finally {
    await sampler.close();
  }
  return 0;
}

/** Figures are of the time between two looks. */
async function once(sampler: Sampler, { every }: TopInput, terminal: Terminal): Promise<void> {
  await sampler.look();
  await wait(every, undefined, { signal: terminal.signal }).catch(() => undefined);
  await sampler.look();
  terminal.show(answerOf(sampler.rows));
}

async function live(sampler: Sampler, { every }: TopInput, terminal: Terminal): Promise<void> {
  const { createLogUpdate } = await import('log-update');
  const { out, in: keys } = terminal;
  const update = createLogUpdate(out);
  const quit = new AbortController();
  const signal = AbortSignal.any([quit.signal, terminal.signal]);
  let by: Sorting = 'c';
  const show = (): void => {
    // A terminal that does not know its size says 0.
    const size = { rows: out.rows || 24, columns: out.columns || 80 };
    update(draw(sampler.rows, by, size));
  };
  const press = (key: string): void => {
    // In raw mode Ctrl-C is a key like others.
    if (key === 'q' || key === '\x03' || key === '\x1b') quit.abort();
    else if (key in sortings) by = key as Sorting;
    if (!signal.aborted) show();
  };
  const wasRaw = keys.isRaw;
  keys.setRawMode(true).setEncoding('utf8').on('data', press).resume();
  out.on('resize', show);
  try {
    while (!signal.aborted) {
      const began = performance.now();
      await sampler.look();
      if (!signal.aborted) show();
      const left = Math.max(0, every - (performance.now() - began));
      await wait(left, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    out.off('resize', show);
    keys.off('data', press).setRawMode(wasRaw).pause();
    update.done();
  }
}
