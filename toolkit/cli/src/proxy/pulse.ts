import type { Sidecar } from './sidecar.ts';

/** What is open to a sidecar. */
export interface Pulsing {
  readonly sidecar: Pick<Sidecar, 'knock'>;
  /** Asks the sidecar for a sign, on the way that is open, where that can be done. */
  readonly ask?: () => void;
  /** Told once why nobody is there any more. */
  readonly lost: (reason: unknown) => void;
  /** How often is looked, in ms. Default 10,000. */
  readonly every?: number | undefined;
}

/** So often nothing may be heard in a row: what a sidecar tells sends a sign each 15 s. */
const mostSilent = 2;

/**
 * Notices a sidecar that is gone without a word: frozen, or its machine off. Who is silent may only be
 * slow to read, and what asks for a sign waits behind what is unread; so it is asked once more by a
 * request of its own, and lost when that has no answer. By default that takes 30 s at most.
 */
export class Pulse {
  readonly #pulsing: Pulsing;
  readonly #timer: NodeJS.Timeout;
  #silent = 0;
  #over = false;

  constructor(pulsing: Pulsing) {
    this.#pulsing = pulsing;
    this.#timer = setInterval(() => void this.#beat(), pulsing.every ?? 10_000).unref();
  }

  /** Something came. */
  heard(): void {
    this.#silent = 0;
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.#over = true;
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    const { sidecar, ask, lost } = this.#pulsing;
    if (++this.#silent < mostSilent) return ask?.();
    if (this.#silent > mostSilent) return; // it is being asked already
    try {
      await sidecar.knock();
      this.heard();
    } catch (reason) {
      if (this.#over || this.#silent < mostSilent) return;
      this.end();
      lost(reason);
    }
  }
}
