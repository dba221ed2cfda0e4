import { StringDecoder } from 'node:string_decoder';

/** A line that is longer, in characters, is cut: nobody reads it, and somebody has to hold it. */
const longest = 16_384;

/** How long, in ms, the beginning of a line waits for its end before it is shown as it is. */
const patience = 200;

/** Makes lines of what a process prints, however it is cut into pieces. */
export class Lines {
  readonly #show: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #held = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  add(chunk: Buffer): void {
    clearTimeout(this.#timer);
    const lines = (this.#held + this.#decoder.write(chunk)).split('\n');
    this.#held = lines.pop() ?? '';
    for (const line of lines) this.#cut(line.endsWith('\r') ? line.slice(0, -1) : line);
    while (this.#held.length > longest) {
      this.#show(this.#held.slice(0, longest));
      this.#held = this.#held.slice(longest);
    }
    if (this.#held !== '') this.#timer = setTimeout(() => this.flush(), patience).unref();
  }

  /** Shows what has no end yet. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.#held === '') return;
    this.#show(this.#held);
    this.#held = '';
  }

  #cut(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += longest)
      this.#show(line.slice(at, at + longest));
  }
}
