// A program with go-micro's own registry on Consul, in a process of its own.
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { goProgram, needsGo } from '@micro-ts/testing/servers';

/** go-micro's record of a service. */
export interface Service {
  readonly name: string;
  readonly version: string;
  readonly nodes: readonly { id: string; address: string; metadata: Record<string, string> }[];
  readonly [more: string]: unknown;
}

type Told = Readonly<Record<string, unknown>>;

const folder = join(__dirname, '..', 'fixtures', 'go-micro');
const program = goProgram({ folder, name: 'go-micro-consul' });

/** `describe`, or a visible skip with the reason where the program cannot be had. */
export const describeWithGo = needsGo(describe, program);

/** go-micro at work. */
export class GoRegistry {
  /** What its watch has told. */
  readonly events: Told[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (answer: Told) => void>();
  #count = 0;

  /** @param watched the service that it watches. */
  constructor(address: string, watched: string) {
    this.#child = spawn('path' in program ? program.path : '', [address, watched]);
    this.#child.stdin.on('error', () => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      const settle = this.#waiting.get(Number(told['number']));
      if (settle === undefined) this.events.push(told);
      else settle(told);
    });
  }

  /** Has it do something. */
  async do(what: string, more: object = {}): Promise<unknown> {
    const number = (this.#count += 1);
    const answered = new Promise<Told>((resolve) => this.#waiting.set(number, resolve));
    this.#child.stdin.write(`${JSON.stringify({ number, do: what, ...more })}\n`);
    const { value, error } = await answered;
    this.#waiting.delete(number);
    if (error !== undefined) throw new Error(String(error));
    return value;
  }

  close(): Promise<void> {
    if (this.#child.exitCode !== null) return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.#child.kill('SIGKILL');
    return ended;
  }
}
