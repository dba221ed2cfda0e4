import { MicroError } from '@micro-ts/interface';
import type { Losable } from '@micro-ts/interface';

/** How often Consul is asked whether it is there, in ms, while something is watched. */
const every = 4_000;

/**
 * The watches that are open. An answer that is waited for may be a minute away, and so a link that has
 * died without a word is found by asking something short beside it.
 */
export class Watches {
  readonly #ping: (signal: AbortSignal) => Promise<unknown>;
  readonly #open = new Set<Losable>();
  #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** @param ping settles when Consul has answered, or was found to be gone. */
  constructor(ping: (signal: AbortSignal) => Promise<unknown>) {
    this.#ping = ping;
  }

  /** Holds a watch until it is closed or lost. */
  hold(watch: Losable): void {
    this.#open.add(watch);
    if (this.#open.size === 1) this.#begin();
    void watch.closed.then(() => {
      this.#open.delete(watch);
      if (this.#open.size === 0) this.#end();
    });
  }

  /** Takes all down. */
  lose(why: string): void {
    const reason = new MicroError('unavailable', why);
    for (const watch of [...this.#open]) watch.lose(reason);
    this.#end();
  }

  #begin(): void {
    this.#end();
    const { signal } = (this.#stop = new AbortController());
    const next = (): void => {
      if (signal.aborted) return;
      this.#timer = setTimeout(() => void this.#ping(signal).then(next), every).unref();
    };
    next();
  }

  #end(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }
}
