import { MicroError } from '@micro-ts/interface';

/** How much may be on its way to the server, and how much more may wait for that. */
export interface RoomLimits {
  readonly events: number;
  readonly bytes: number;
  readonly waiting: number;
  readonly waitingBytes: number;
  /** How long an event waits, in ms. */
  readonly patience: number;
}

interface Waiter {
  readonly bytes: number;
  admit(): void;
}

/** What is on its way to the server, in the order of arrival: the driver's own buffers have no bounds. */
export class Room {
  readonly #limits: RoomLimits;
  readonly #waiting = new Set<Waiter>();
  #events = 0;
  #bytes = 0;
  #waitingBytes = 0;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /**
   * Resolves when there is room, with what to call when the event is gone.
   * @throws MicroError `resource_exhausted`, refused, if there is none in time
   */
  async enter(bytes: number): Promise<() => void> {
    if (this.#waiting.size > 0 || !this.#fits(bytes)) await this.#wait(bytes);
    else this.#take(bytes);
    return () => {
      this.#events -= 1;
      this.#bytes -= bytes;
      this.#advance();
    };
  }

  #wait(bytes: number): Promise<void> {
    const { waiting, waitingBytes, patience } = this.#limits;
    if (this.#waiting.size >= waiting || this.#waitingBytes + bytes > waitingBytes) {
      return Promise.reject(tooMany());
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        this.#waitingBytes -= bytes;
      };
      const waiter: Waiter = {
        bytes,
        admit: () => {
          leave();
          this.#take(bytes);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        leave();
        reject(tooMany());
      }, patience);
      this.#waiting.add(waiter);
      this.#waitingBytes += bytes;
    });
  }

  #advance(): void {
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.bytes)) return;
      waiter.admit();
    }
  }

  #fits(bytes: number): boolean {
    if (this.#events === 0) return true;
    return this.#events < this.#limits.events && this.#bytes + bytes <= this.#limits.bytes;
  }

  #take(bytes: number): void {
    this.#events += 1;
    this.#bytes += bytes;
  }
}

const tooMany = (): MicroError =>
  new MicroError('resource_exhausted', 'too many events wait for RabbitMQ', { refused: true });
