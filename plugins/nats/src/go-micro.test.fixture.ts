// A program of go-micro on NATS, in a process of its own.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { goProgram, needsGo } from '@micro-ts/testing/servers';
import { eventually } from '@micro-ts/testing';
import { afterwards } from './opened.test.fixture.ts';

const folder = join(__dirname, '..', 'fixtures', 'go-micro');
const program = goProgram({ folder, name: 'go-micro-nats' });

/** `describe`, or a visible skip with the reason where the program cannot be had. */
export const describeWithGo = needsGo(describe, program);

/** What the program tells. */
export type Told = Readonly<Record<string, unknown>>;

/** One program at work. */
export class GoPeer {
  readonly #child: ChildProcess;
  readonly events: Told[] = [];
  readonly #answers = new Map<number, Told>();
  #count = 0;

  constructor(server: string) {
    const path = 'path' in program ? program.path : '';
    this.#child = spawn(path, ['-server', server], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const told = JSON.parse(line) as Told;
      const number = told['number'] as number | undefined;
      if (number === undefined) this.events.push(told);
      else this.#answers.set(number, told);
    });
    afterwards(() => this.kill());
  }

  /** Has it do something. */
  async do(what: string, more: object = {}): Promise<unknown> {
    const number = (this.#count += 1);
    this.#child.stdin?.write(`${JSON.stringify({ number, do: what, ...more })}\n`);
    const { value, error } = await eventually(() => {
      const answer = this.#answers.get(number);
      if (answer === undefined) throw new Error(`no answer to ${what}`);
      return answer;
    });
    if (error !== undefined) throw new Error(String(error));
    return value;
  }

  /** An event that fits; waits for it. */
  event(test: (told: Told) => boolean): Promise<Told> {
    return eventually(() => {
      const found = this.events.find(test);
      if (found === undefined) throw new Error(`never: ${JSON.stringify(this.events)}`);
      return found;
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
