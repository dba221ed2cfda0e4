// Runs the commands of a document as a reader would who goes through it from top to bottom.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { binFolder, freeAddresses, startBeside } from './beside.ts';
import { commandsOf } from './commands.ts';
import { Console, exchangesOf, lineOf } from './console.ts';
import { place, root } from './documents.ts';
import type { Block, Document } from './documents.ts';
import { compare } from './expectation.ts';
import type { Addresses, Order } from './expectation.ts';

/** Longest that a command, or what is expected of one in the background, may take, in ms. */
const patience = 60_000;

/** A process of the document that goes on, and what it printed that nobody has looked at yet. */
interface Background {
  readonly child: ChildProcess;
  output: string;
}

/** Blocks that are executed: `sh run`, `sh run fails`, `sh background=name`, `console`; compared: `text`. */
export const isExecuted = (block: Block): boolean => {
  const { language, info } = block;
  return isConsole(block) || (language === 'sh' && (info.has('run') || info.has('background')));
};

const isConsole = ({ language, info }: Block): boolean =>
  language === 'console' && !info.has('no-check');

/** One reading of a document, in the folder where its files are. */
export class Session {
  readonly #document: Document;
  readonly #project: string;
  readonly #temporary = mkdtempSync(join(tmpdir(), 'micro-docs-'));
  readonly #background = new Map<string, Background>();
  /** Where the reader has made the greeter. */
  readonly #elsewhere: string;
  readonly #beside = new Set<ChildProcess>();
  #console: Console | undefined;
  /** Addresses in the document, and what they are here. */
  readonly #addresses: Addresses = new Map();
  #variables: NodeJS.ProcessEnv = {};

  constructor(document: Document, project: string) {
    this.#document = document;
    this.#project = project;
    this.#elsewhere = `${project}.beside`;
    mkdirSync(this.#elsewhere);
    writeFileSync(join(this.#temporary, '.curlrc'), 'silent\nshow-error\n');
  }

  /** Goes through the blocks; throws for the first that does not do what the document says. */
  async play(): Promise<void> {
    this.#variables = await freeAddresses(this.#addresses);
    for (const name of this.#document.beside)
      await startBeside(
        name,
        { cwd: name === 'greeter' ? this.#elsewhere : this.#project, env: this.#environment() },
        this.#addresses,
        (child) => this.#beside.add(child),
      );
    const blocks = this.#document.blocks.filter((block) => isExecuted(block) || isOutput(block));
    for (const [at, block] of blocks.entries()) {
      const next = blocks[at + 1];
      const output =
        next !== undefined && isOutput(next) && !next.info.has('of') ? next : undefined;
      if (isConsole(block)) await this.#talk(block);
      else if (block.info.has('background')) await this.#start(block, output);
      else if (block.info.has('run')) await this.#run(block, output);
      else if (block.info.has('of')) await this.#wait(block, block.info.get('of') ?? '');
    }
  }

  async close(): Promise<void> {
    this.#console?.close();
    for (const { child } of this.#background.values()) kill(child);
    for (const child of this.#beside) kill(child);
    // What `micro run` has started ends by itself, a moment later, and tidies up.
    await rm(this.#temporary, { recursive: true, force: true, maxRetries: 20 });
  }

  async #start(block: Block, output: Block | undefined): Promise<void> {
    const name = block.info.get('background') ?? '';
    const child = this.#spawn(commandsOf(block.text).join(' && '));
    const background: Background = { child, output: '' };
    this.#background.set(name, background);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (background.output += text));
    if (output !== undefined) await this.#wait(output, name);
  }

  async #talk(block: Block): Promise<void> {
    this.#console ??= new Console(this.#project, this.#environment(), this.#addresses);
    const exchanges = exchangesOf(block.text);
    for (const exchange of exchanges) {
      const mayFail = block.info.has('fails') && exchange === exchanges.at(-1);
      const problem = await this.#console.give(exchange, { mayFail, order: orderOf(block) });
      const at = place(this.#document, block.line + exchange.line);
      if (problem !== undefined) throw new Error(`${at}: ${problem}`);
    }
  }

  /** Until the process has printed what the block says. */
  async #wait(block: Block, name: string): Promise<void> {
    const background = this.#background.get(name);
    if (background === undefined) throw new Error(`${this.#at(block)}: nothing runs as ${name}`);
    const began = performance.now();
    for (;;) {
      const difference = compare(block.text, background.output, this.#addresses, 'any order');
      if (difference === undefined) break;
      const over = background.child.exitCode !== null || performance.now() - began > patience;
      if (over) throw new Error(`${this.#at(block)}: ${difference}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    background.output = '';
  }

  async #run(block: Block, output: Block | undefined): Promise<void> {
    const child = this.#spawn(commandsOf(block.text).join(' && '));
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const overdue = setTimeout(() => kill(child), patience);
    const code = await new Promise((resolve) => child.once('close', resolve));
    clearTimeout(overdue);
    if ((code === 0) === block.info.has('fails'))
      throw new Error(`${this.#at(block)}: ended with ${String(code)}\n${printed}`);
    if (output === undefined) return;
    const difference = compare(output.text, printed, this.#addresses, orderOf(output));
    if (difference !== undefined) throw new Error(`${this.#at(output)}: ${difference}`);
  }

  #spawn(command: string): ChildProcess {
    return spawn('sh', ['-c', lineOf(command, this.#addresses)], {
      cwd: this.#project,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }

  /** Every session has a temporary folder, and so a registry, of its own. */
  #environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(MICRO_|NODE_|JEST_|FORCE_COLOR)/.test(name),
    );
    return {
      ...Object.fromEntries(inherited),
      PATH: [
        binFolder(this.#temporary),
        join(root, 'node_modules/.bin'),
        process.env['PATH'] ?? '',
      ].join(delimiter),
      TMPDIR: this.#temporary,
      CURL_HOME: this.#temporary,
      NO_COLOR: '1',
      NODE_OPTIONS: '--conditions=@micro-ts/source',
      ...this.#variables,
    };
  }

  #at(block: Block): string {
    return place(this.#document, block.line);
  }
}

const isOutput = ({ language, info }: Block): boolean =>
  language === 'text' && !info.has('no-check');

const orderOf = ({ info }: Block): Order => (info.has('any-order') ? 'any order' : 'as written');

/** With all that it has started. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
