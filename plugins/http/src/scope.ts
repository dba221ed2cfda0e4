import { closable } from '@micro-ts/interface';
import type { Closable } from '@micro-ts/interface';

/**
 * The plugin's connection, as far as a plugin without a server has one: what is open for its roles and
 * has to end with it.
 */
export class Scope implements Closable {
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly #open = new Set<Closable>();
  #over = false;

  constructor() {
    const end = closable(async () => {
      this.#over = true;
      await Promise.allSettled([...this.#open].map((each) => each.close()));
    });
    this.closed = end.closed;
    this.close = end.close;
  }

  /** Closes it with the plugin, unless it ends before. */
  own(each: Closable): void {
    if (this.#over) {
      void each.close().catch(() => undefined);
      return;
    }
    this.#open.add(each);
    void each.closed.then(() => this.#open.delete(each));
  }
}
