import { once } from 'node:events';
import type { Output } from '@micro-ts/commands';
import type { Format } from './global-options.ts';
import type { Session } from './session.ts';
import { render } from './show.ts';

/** Prints answers, one after the other. */
export interface Printer {
  /** Resolves when the answer is out, so that nothing piles up. */
  print(output: Output): Promise<void>;
  /** The same, for those who do not wait. */
  show(output: Output): void;
  /** Resolves when everything is out. */
  printed(): Promise<void>;
}

/** What a terminal would take for an order: a service may be called anything. */
const orders = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

export function createPrinter({ out }: Pick<Session, 'out'>, format: Format): Printer {
  let last: Promise<void> = Promise.resolve();
  const write = async (output: Output): Promise<void> => {
    const text = await render(output, format);
    if (text === '') return;
    const shown = out.isTTY ? text.replace(orders, '\ufffd') : text;
    if (!out.write(`${shown}\n`)) await once(out, 'drain');
  };
  const print = (output: Output): Promise<void> => (last = last.then(() => write(output)));
  return { print, show: (output) => void print(output), printed: () => last };
}
