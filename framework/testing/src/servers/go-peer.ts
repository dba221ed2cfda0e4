import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterwards } from '../afterwards.ts';
import { eventually } from '../expect.ts';
import type { GoProgram } from './go-program.ts';

/** What a program tells: an answer has the `number` of its question, and a `value` or an `error`. */
export type Told = Readonly<Record<string, unknown>>;

/**
 * A program in Go at work, steered by lines of JSON on its standard input; it tells what happens by
 * lines of JSON on its standard output. `closeAll` kills it.
 */
export class GoPeer {
  /** What it told without being asked. */
  readonly events: Told[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, Told>();
  #count = 0;

  constructor(program: GoProgram, ...args: readonly string[]) {
    if ('lacking' in program) throw new Error(program.lacking);
    this.#child = spawn(program.path, args);
    this.#child.stderr.resume();
    this.#child.stdin.on('error', () => undefined); // it was killed
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      const { number } = told;
      if (typeof number === 'number') this.#answers.set(number, told);
      else this.events.push(told);
    });
    afterwards(() => this.kill());
  }

  /**
   * Has it do something, and gives what came of it.
   * @throws Error with what it says went wrong
   */
  async do(what: string, more: object = {}): Promise<unknown> {
    const number = (this.#count += 1);
    this.#child.stdin.write(`${JSON.stringify({ number, do: what, ...more })}\n`);
    const { value, error } = await eventually(() => {
      const answer = this.#answers.get(number);
      if (answer === undefined) throw new Error(`no answer to ${what}`);
      return answer;
    });
    this.#answers.delete(number);
    if (error !== undefined) throw new Error(String(error));
    return value;
  }

  /** The first event that fits; waits for it. */
  event(fits: (told: Told) => boolean): Promise<Told> {
    return eventually(() => {
      const found = this.events.find(fits);
      if (found === undefined) throw new Error(`never: ${JSON.stringify(this.events)}`);
      return found;
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
