import { MicroError } from '@micro-ts/interface';
import type { Lifetime } from '@micro-ts/interface';

const slotMs = 10;
const slotCount = 1024;
/** Slot of what has no deadline, behind the wheel. */
const never = slotCount;

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
 * Knows all calls that run, and ends their lifetimes at their deadline, late by 10 to 20 ms. All calls
 * of an app share one timer, which runs only while calls wait; a timer for each call would cost ten
 * times as much. A hashed wheel of linked lists, so that a finished call leaves at once and nothing is
 * kept of it.
 *
 * It goes by the clock and not by counting ticks: in a busy process ticks are lost. And it ends
 * nothing before the sockets were read: an answer that waits in a socket while this process was
 * blocked is not late.
 */
export class Deadlines {
  readonly #slots: (Deadline | undefined)[] = Array.from({ length: slotCount + 1 });
  /** How many have a deadline. */
  #size = 0;
  #tick = 0;
  #timer: NodeJS.Timeout | undefined = undefined;
  #running = false;

  /** Watches over `lifetime`, until it is given to {@link forget}. */
  watch(lifetime: Lifetime): Deadline {
    const slot = this.#slotOf(lifetime.expires);
    const deadline = new Deadline(lifetime, slot);
    const first = this.#slots[slot];
    deadline.next = first;
    if (first !== undefined) first.previous = deadline;
    this.#slots[slot] = deadline;
    if (slot !== never) this.#size++;
    return deadline;
  }

  /** Takes it out; twice is fine. */
  forget(deadline: Deadline): void {
    const { next, previous, slot } = deadline;
    if (slot === -1) return;
    if (previous === undefined) this.#slots[slot] = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    // One that has grown old and is dead would keep its younger neighbours alive until a full collection.
    deadline.next = undefined;
    deadline.previous = undefined;
    deadline.slot = -1;
    if (slot !== never) this.#size--;
  }

  /** Ends the calls that have no deadline. */
  endEndless(reason: MicroError): void {
    this.#endThose([this.#slots[never]], reason);
  }

  /** Ends all calls that run. @returns how many */
  endAll(reason: MicroError): number {
    return this.#endThose(this.#slots, reason);
  }

  #endThose(lists: readonly (Deadline | undefined)[], reason: MicroError): number {
    const all: Deadline[] = [];
    for (let deadline of lists)
      for (; deadline !== undefined; deadline = deadline.next) all.push(deadline);
    this.#end(all, reason);
    return all.length;
  }

  /** What is late already comes into the slot that is looked at next. */
  #slotOf(expires: number): number {
    if (expires === Infinity) return never;
    if (!this.#running) this.#start();
    return Math.max(Math.ceil(expires / slotMs), this.#tick + 1) % slotCount;
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
    this.#running = this.#size > due.length;
    if (this.#running) this.#timer?.refresh();
    this.#end(due, new MicroError('deadline_exceeded', 'the deadline has passed'));
  };

  #end(those: readonly Deadline[], reason: MicroError): void {
    for (const deadline of those) this.forget(deadline);
    for (const { lifetime } of those) lifetime.end(reason);
  }
}
