import type { MicroError } from 'micro-ts';
import { refusal } from '@micro-ts/edge';
import type { Answer } from './answer-frame.ts';

/** An event that the client has not answered yet. */
interface Unanswered {
  readonly timer: NodeJS.Timeout;
  settle(rejection: MicroError | undefined): void;
}

/** An event that was given into the client's hand. */
export interface InHand {
  /** The client names it so in its answer. */
  readonly id: number;
  /** Resolves when it is acknowledged, rejects when it is not. */
  readonly answered: Promise<void>;
}

/** What one client has in hand: it acknowledges or rejects each event, in any order and in time. */
export class EventsInHand {
  readonly #unanswered = new Map<number, Unanswered>();
  readonly #timeout: number;
  readonly #late: (reason: MicroError) => void;
  #last = 0;
  #gone: MicroError | undefined = undefined;

  /**
   * @param timeout for each answer, in ms
   * @param late is told that an answer has not come; the client should be let go
   */
  constructor(timeout: number, late: (reason: MicroError) => void) {
    this.#timeout = timeout;
    this.#late = late;
  }

  /** Takes an event into hand. */
  add(): InHand {
    const id = ++this.#last;
    const answered = new Promise<void>((resolve, reject) => {
      if (this.#gone !== undefined) return reject(this.#gone);
      const text = `event ${id} was not answered in ${this.#timeout} ms`;
      const timer = setTimeout(
        () => this.#late(refusal('deadline_exceeded', text)),
        this.#timeout,
      ).unref();
      const settle = (rejection: MicroError | undefined): void =>
        rejection === undefined ? resolve() : reject(rejection);
      this.#unanswered.set(id, { timer, settle });
    });
    return { id, answered };
  }

  /** @throws MicroError `invalid_argument` for an event that is not in hand */
  answer({ id, rejection }: Answer): void {
    const unanswered = this.#unanswered.get(id);
    if (unanswered === undefined)
      throw refusal('invalid_argument', `event ${id} is not waiting for an answer`);
    this.#unanswered.delete(id);
    clearTimeout(unanswered.timer);
    unanswered.settle(rejection);
  }

  /** The client has gone: what it has not answered is rejected, and so is what comes now. */
  end(): void {
    this.#gone = refusal('unavailable', 'the subscriber has gone');
    for (const { timer, settle } of this.#unanswered.values()) {
      clearTimeout(timer);
      settle(this.#gone);
    }
    this.#unanswered.clear();
  }
}
