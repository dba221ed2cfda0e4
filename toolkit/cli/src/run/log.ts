import type { Readable } from 'node:stream';
import { inColour, wantsColour } from './colour.ts';
import type { Colour } from './colour.ts';
import { Lines } from './lines.ts';
import { forPeople } from './log-line.ts';

const colours: readonly Colour[] = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red'];

type Out = NodeJS.WriteStream;

/** Prints the lines of many processes, each behind the name of its program. */
export class Log {
  readonly #out: Out;
  readonly #err: Out;
  #width = 'micro'.length;
  readonly #colours = new Map<string, Colour>();
  /** What is not read until a stream takes more. */
  readonly #waiting = new Map<Out, Set<Readable>>();

  constructor({ out, err }: { readonly out: Out; readonly err: Out }, names: readonly string[]) {
    this.#out = out;
    this.#err = err;
    for (const name of names) this.add(name);
    for (const stream of new Set([out, err])) stream.on('drain', () => this.#resume(stream));
  }

  /** One more program prints from now on. */
  add(name: string): void {
    this.#width = Math.max(this.#width, name.length);
    if (!this.#colours.has(name))
      this.#colours.set(name, colours[this.#colours.size % colours.length] ?? 'cyan');
  }

  /** True if the programs may print in colour: their lines end up where it is seen. */
  get coloured(): boolean {
    return wantsColour(this.#out);
  }

  /** What `micro run` itself has to say. */
  say(text: string): void {
    for (const line of text.split('\n')) this.#print(this.#err, 'micro', line);
  }

  /**
   * Prints what a process prints. It is read no faster than it can be shown, so nothing piles up.
   * @param seen told each line
   */
  follow(name: string, stdout: Readable, stderr: Readable, seen: (line: string) => void): void {
    const streams = [
      [stdout, this.#out],
      [stderr, this.#err],
    ] as const;
    for (const [from, to] of streams) {
      const lines = new Lines((line) => {
        seen(line);
        if (!this.#print(to, name, line)) this.#pause(from, to);
      });
      from.on('data', (chunk: Buffer) => lines.add(chunk));
      from.once('close', () => lines.flush());
    }
  }

  #pause(from: Readable, to: Out): void {
    from.pause();
    const waiting = this.#waiting.get(to) ?? new Set();
    this.#waiting.set(to, waiting.add(from));
  }

  #resume(to: Out): void {
    for (const from of this.#waiting.get(to) ?? []) from.resume();
    this.#waiting.delete(to);
  }

  #print(to: Out, name: string, line: string): boolean {
    const head = `${name.padEnd(this.#width)} |`;
    if (!wantsColour(to)) return to.write(`${head} ${line}\n`);
    return to.write(`${inColour(this.#colours.get(name) ?? 'gray', head)} ${forPeople(line)}\n`);
  }
}
