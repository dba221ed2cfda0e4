import type { MicroError } from './errors.ts';

/** Told once, when a {@link Lifetime} ends. */
export type LifetimeListener = (reason: MicroError) => void;

/**
 * How long a call may go on: until its deadline, its caller's cancel or a peer's death. One object
 * goes with the call through every layer of a process. An `AbortController` for every call would cost
 * more than all the rest of it, so the signal is made when somebody reads it.
 *
 * Core ends a lifetime at its deadline, so transports need no timers. A transport calls
 * {@link end} when the peer cancels or dies, and listens with {@link onEnd} to tell the peer.
 */
export class Lifetime {
  /** When it ends by itself, in ms on the clock of `performance.now()`; `Infinity` for never. */
  readonly expires: number;
  #reason: MicroError | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #listeners: Set<LifetimeListener> | LifetimeListener | undefined = undefined;

  constructor(expires: number = Infinity) {
    this.expires = expires;
  }

  /** Milliseconds until the deadline, never below 0: what travels on the wire. */
  get left(): number {
    return this.expires === Infinity ? Infinity : Math.max(0, this.expires - performance.now());
  }

  /** Why it ended; `undefined` while it lasts. */
  get reason(): MicroError | undefined {
    return this.#reason;
  }

  /** Aborts when the lifetime ends, with the `MicroError` as its reason. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Ends it. The first reason stays; later ones are ignored. */
  end(reason: MicroError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (typeof listeners === 'function') listeners(reason);
    else if (listeners !== undefined) for (const listener of listeners) listener(reason);
    this.#controller?.abort(reason);
  }

  /** Tells `listener` when it ends; at once if it has. Most calls have one listener or none. */
  onEnd(listener: LifetimeListener): void {
    if (this.#reason !== undefined) listener(this.#reason);
    else if (this.#listeners === undefined) this.#listeners = listener;
    else if (typeof this.#listeners === 'function')
      this.#listeners = new Set([this.#listeners, listener]);
    else this.#listeners.add(listener);
  }

  /** Forgets a listener, for those that are done before the lifetime is. */
  offEnd(listener: LifetimeListener): void {
    if (this.#listeners === listener) this.#listeners = undefined;
    else if (typeof this.#listeners === 'object') this.#listeners.delete(listener);
  }
}
