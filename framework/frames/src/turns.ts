/** Something with more to write than one frame, or that found the socket full. */
export interface Sender {
  /** Writes at most one frame. Who has more to write waits for the next turn. */
  turn(): void;
}

/** What streams and large messages write before the event loop gets to other work, in bytes. */
const tickBytes = 262_144;

/** Lets those that have much to write take turns, a frame each, for as long as the socket takes it. */
export class Turns {
  /** The socket is full: nothing should be written that can wait. */
  blocked = false;
  /** The end of this tick is awaited. */
  scheduled = false;
  readonly #send: () => void;
  /** In the order of their turns. A set, so that what is cancelled leaves at once. */
  readonly #waiting = new Set<Sender>();
  #spent = 0;
  #closed = false;

  /** @param send sends what was written; called at the end of each tick that was scheduled. */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** Streams and large messages should not write now, but wait. */
  get congested(): boolean {
    return this.blocked || this.#spent >= tickBytes;
  }

  /** Counts what a stream or a large message has written in this tick. */
  spend(bytes: number): void {
    this.#spent += bytes;
  }

  wait(sender: Sender): void {
    this.#waiting.add(sender);
    this.schedule();
  }

  forget(sender: Sender): void {
    this.#waiting.delete(sender);
  }

  schedule(): void {
    if (this.scheduled || this.#closed) return;
    this.scheduled = true;
    setImmediate(this.#onTick);
  }

  block(): void {
    this.blocked = true;
  }

  readonly unblock = (): void => {
    this.blocked = false;
    if (this.#waiting.size > 0) this.schedule();
  };

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  readonly #onTick = (): void => {
    this.scheduled = false;
    this.#spent = 0;
    if (this.#closed) return;
    if (this.#waiting.size > 0) this.#take();
    this.#send();
  };

  #take(): void {
    for (const sender of this.#waiting) {
      if (this.congested) break;
      this.#waiting.delete(sender);
      sender.turn();
    }
    if (this.#waiting.size > 0 && !this.blocked) this.schedule();
  }
}
