import { MicroError } from '@micro-ts/interface';
import type { Lifetime } from '@micro-ts/interface';

const slotMs = 10;
const slotCount = 1024;

/** A lifetime in the wheel: a link of the list of its slot. */
export class Deadline {
  readonly lifetime: Lifetime;
  next: Deadline | undefined = undefined;
  previous: Deadline | undefined = undefined;
  /** Slot that it stands in; -1 once it is out. */
  slot: number;

  constructor(lifetime: Lifetime, slot: number) {
    this.lifetime = lifetime;
    this.slot = slot;
  }
}

/**
 * Ends lifetimes at their deadline, late by 10 to 20 ms. All calls of an app share one timer, which
 * runs only while calls wait; a timer for each call would cost ten times as much. A hashed wheel of
 * linked lists, so that a finished call leaves at once and nothing is kept of it.
 *
 * It goes by the clock and not by counting ticks: in a busy process ticks are lost. And it ends
 * nothing before the sockets were read: an answer that waits in a socket while this process was
 * blocked is not late.
 */
export class Deadlines {
  readonly #slots: (Deadline | undefined)[] = Array.from({ length: slotCount }, () => undefined);
  #size = 0;
  #tick = 0;
  #timer: NodeJS.Timeout | undefined = undefined;
  #running = false;

  /** Watches over `lifetime`; `undefined` if it has no deadline. Give it back to {@link forget}. */
  watch(lifetime: Lifetime): Deadline | undefined {
    if (lifetime.expires === Infinity) return undefined;
    const slot = Math.ceil(lifetime.expires / slotMs) % slotCount;
    const deadline = new Deadline(lifetime, slot);
    const first = this.#slots[slot];
    deadline.next = first;
    if (first !== undefined) first.previous = deadline;
    this.#slots[slot] = deadline;
    this.#size++;
    if (!this.#running) this.#start();
    return deadline;
  }

  /** Takes it out of the wheel; twice is fine. */
  forget(deadline: Deadline | undefined): void {
    if (deadline === undefined || deadline.slot === -1) return;
    const { next, previous, slot } = deadline;
    if (previous === undefined) this.#slots[slot] = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    // One that has grown old and is dead would keep its younger neighbours alive until a full collection.
    deadline.next = undefined;
    deadline.previous = undefined;
    deadline.slot = -1;
    this.#size--;
  }

  #start(): void {
    this.#running = true;
    this.#tick = Math.floor(performance.now() / slotMs);
    if (this.#timer === undefined) this.#timer = setTimeout(this.#onTimer, slotMs);
    else this.#timer.refresh();
  }

  /** Timers run before sockets are read, immediates after. */
  readonly #onTimer = (): void => void setImmediate(this.#sweep);

  readonly #sweep = (): void => {
    const now = performance.now();
    const tick = Math.floor(now / slotMs);
    const from = Math.max(this.#tick, tick - slotCount + 1);
    const due: Deadline[] = [];
    for (let at = from; at <= tick; at++) {
      let deadline = this.#slots[at % slotCount];
      for (; deadline !== undefined; deadline = deadline.next)
        if (deadline.lifetime.expires <= now) due.push(deadline);
    }
    this.#tick = tick;
    for (const deadline of due) {
      this.forget(deadline);
      deadline.lifetime.end(new MicroError('deadline_exceeded', 'the deadline has passed'));
    }
    this.#running = this.#size > 0;
    if (this.#running) this.#timer?.refresh();
  };
}
