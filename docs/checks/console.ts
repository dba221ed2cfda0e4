// `console` blocks: what a person types, and what the machine answers.
//
//     <!-- beside: greeter -->
//
//     ```console
//     $ micro list
//     greeter
//     $ micro call greeter Greeter.Hello --name Ann
//     {
//     	"message": "Hello Ann"
//     }
//     ```
//
// - A page says once, anywhere, which programs run beside its blocks: `greeter` (what `micro new`
//   makes, as docs/toolkit/README.md tells the reader), or a line that begins with `micro`. They are
//   started first, each with a free port in place of the one in its address, which is then replaced
//   in the page's commands and answers too. So are 127.0.0.1:8080 and :8081, where `micro api &` and
//   `micro sidecar &` listen. Write addresses as 127.0.0.1:…, not localhost.
// - Each line with `$ ` is given to one `sh` that reads the whole page, so `cd` and `export` last;
//   `micro` is on its PATH, and curl is quiet. A line that ends in `\` goes on in the next one.
// - Below it stands all that it prints, errors included. `…` is anything in a line; a line of nothing
//   but `…` is any number of lines. A command that fails belongs in a block ```console fails```, whose
//   last command it is.
// - A command that ends in `&` goes on. What it prints later stands among the output of the commands
//   after it; in a block ```console any-order``` wherever that is.
// - ```console no-check why``` is not executed.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { compare } from './expectation.ts';
import type { Addresses, Order } from './expectation.ts';

/** A command and what it prints. */
export interface Exchange {
  readonly command: string;
  readonly output: string;
  /** Number of its line in the block, from 0. */
  readonly line: number;
}

/** Longest that a command, or what is expected of one that goes on, may take, in ms. */
const patience = 60_000;

/** The exchanges of a block; what stands before the first command is left out. */
export function exchangesOf(text: string): readonly Exchange[] {
  const found: { command: string; output: string; line: number }[] = [];
  let continues = false;
  for (const [line, each] of text.split('\n').entries()) {
    const last = found.at(-1);
    if (continues && last !== undefined) last.command += `\n${each.replace(/^> /, '')}`;
    else if (each.startsWith('$ ')) found.push({ command: each.slice(2), output: '', line });
    else if (last !== undefined) last.output += `${each}\n`;
    continues = each.endsWith('\\') && (continues || each.startsWith('$ '));
  }
  return found;
}

/** A command as it is given here. npx would say what it thinks of the settings of this machine. */
export function lineOf(command: string, addresses: Addresses): string {
  let line = command.replaceAll('npx tsx', `${JSON.stringify(process.execPath)} --import tsx`);
  for (const [written, real] of addresses) line = line.replaceAll(written, real);
  return line;
}

/** The shell of one page. */
export class Console {
  readonly #child: ChildProcess;
  readonly #addresses: Addresses;
  readonly #settling: number;
  #output = '';
  #ended = false;
  #count = 0;

  /** @param settling longest that what goes on may take to print what is written, in ms */
  constructor(
    cwd: string,
    env: NodeJS.ProcessEnv,
    addresses: Addresses,
    { settling = 30_000 }: { readonly settling?: number } = {},
  ) {
    this.#addresses = addresses;
    this.#settling = settling;
    this.#child = spawn('sh', [], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#child.once('close', () => (this.#ended = true));
    this.#child.stdin?.on('error', () => undefined);
  }

  /** Gives one command of a block. @returns what is wrong; `undefined` if it did as is written */
  async give(
    { command, output }: Exchange,
    { mayFail, order }: { readonly mayFail: boolean; readonly order: Order },
  ): Promise<string | undefined> {
    const mark = `-- ${String(++this.#count)} of ${String(process.pid)} --`;
    const line = lineOf(command, this.#addresses);
    this.#child.stdin?.write(`{ ${line}\n} </dev/null\n`);
    this.#child.stdin?.write(`printf '\\n%s %s\\n' '${mark}' $?\n`);
    const code = await this.#until(() => new RegExp(`\n${mark} (\\d+)\n`).exec(this.#output)?.[1]);
    if (code === undefined) return `${command} has not ended, and printed\n${this.#output}`;
    this.#output = this.#output.replace(`\n${mark} ${code}\n`, '');
    if (code !== '0' && !mayFail) return `${command} ended with ${code}\n${this.#output}`;
    // What runs beside it may print a little later.
    let difference: string | undefined;
    await this.#until(() => {
      difference = compare(output, this.#output, this.#addresses, order);
      return difference === undefined ? 'the same' : undefined;
    }, this.#settling);
    this.#output = '';
    return difference === undefined ? undefined : `${command}: ${difference}`;
  }

  /** Ends it, and all that it has started. */
  close(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }

  async #until(
    find: () => string | undefined,
    longest: number = patience,
  ): Promise<string | undefined> {
    const began = performance.now();
    for (;;) {
      const found = find();
      const over = this.#ended || performance.now() - began > longest;
      if (found !== undefined || over) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
