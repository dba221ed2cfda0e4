import { setTimeout as wait } from 'node:timers/promises';
import { Sampler } from '@micro-ts/commands';
import type { CommandContext } from '@micro-ts/commands';
import type { Terminal } from '../terminal-command.ts';
import { draw, sortings } from './view.ts';
import type { Sorting } from './view.ts';

/** What `micro top` is told. */
export interface TopInput {
  readonly service?: string | undefined;
  /** In ms. */
  readonly every: number;
}

/**
 * Shows what every node does until `q` or the signal.
 * @throws MicroError if the registry cannot be reached, or the sidecar is gone
 */
export async function showTop(
  { service, every }: TopInput,
  { micro, signal }: Pick<CommandContext, 'micro' | 'signal'>,
  terminal: Pick<Terminal, 'in' | 'out'>,
): Promise<void> {
  const sampler = new Sampler(micro, Math.max(every, 500));
  await sampler.open(service);
  try {
    await live(sampler, every, signal, terminal);
  } finally {
    await sampler.close();
  }
}

async function live(
  sampler: Sampler,
  every: number,
  ended: AbortSignal,
  { in: keys, out }: Pick<Terminal, 'in' | 'out'>,
): Promise<void> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(out);
  const quit = new AbortController();
  const signal = AbortSignal.any([quit.signal, ended]);
  const waiting = AbortSignal.any([signal, sampler.lost]);
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
      await wait(left, undefined, { signal: waiting }).catch(() => undefined);
    }
  } finally {
    out.off('resize', show);
    keys.off('data', press).setRawMode(wasRaw).pause();
    update.done();
  }
}
