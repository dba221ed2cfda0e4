import type { Output } from '@micro-ts/commands';
import type { Format } from './global-options.ts';
import type { Terminal } from './terminal-command.ts';
import { render } from './show.ts';

/** Prints answers, one after the other. */
export interface Printer {
  /** Resolves when the answer is written, so that nothing piles up and what is acknowledged was shown. */
  print(output: Output): Promise<void>;
}

/** What a terminal would take for an order: a service may be called anything. */
const orders = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

export function createPrinter({ out }: Pick<Terminal, 'out'>, format: Format): Printer {
  return {
    async print(output) {
      const text = await render(output, format);
      if (text === '') return;
      const shown = out.isTTY ? text.replace(orders, '\ufffd') : text;
      // Where it cannot be written, `main` ends the process.
      await new Promise<void>((resolve) => out.write(`${shown}\n`, () => resolve()));
    },
  };
}
