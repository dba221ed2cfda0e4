import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MicroError } from '@micro-ts/interface';
import { formatAddress } from '@micro-ts/wire';
import { rawAnswer } from './raw-answer.ts';

/** How long, in ms, a peer may take to read a last word and to hang up. */
const lastWord = 500;

/** A socket that was accepted, and the requests that are running on it. */
export class Accepted {
  readonly socket: Duplex;
  /** `10.0.0.7:51234`. */
  readonly peer: string;
  /** The listener was draining already when it came. */
  readonly late: boolean;
  /** Requests that were begun on it so far. */
  requests = 0;
  /** Requests whose answers are not sent yet. */
  running = 0;
  /** Told to go: what still arrives on it is not looked at, and its peer knows that. */
  leaving = false;
  /** When it was last busy, in rounds of the listener's sweep. */
  lastRound: number;
  #whenIdle: (() => void) | undefined = undefined;
  #latest: ServerResponse | undefined = undefined;

  constructor(socket: Duplex, late: boolean, round: number) {
    const { remoteAddress, remotePort } = socket as Partial<Socket>;
    this.socket = socket;
    this.peer = formatAddress(remoteAddress ?? '', remotePort ?? 0);
    this.late = late;
    this.lastRound = round;
  }

  begin(response: ServerResponse): void {
    this.requests++;
    this.running++;
    this.#latest = response;
  }

  /** An answer was sent, or its socket is gone. */
  end(round: number): void {
    this.running--;
    this.lastRound = round;
    if (this.running > 0 || this.#whenIdle === undefined) return;
    const work = this.#whenIdle;
    this.#whenIdle = undefined;
    work();
  }

  /** Calls `work` when nothing runs here any more; a later `work` takes the place of an earlier one. */
  whenIdle(work: () => void): void {
    if (this.running === 0) work();
    else this.#whenIdle = work;
  }

  /**
   * Ends an idle connection. A request may be on its way at this moment: the last word answers it, and
   * says that nobody read it, so that no race can lose a call.
   */
  dismiss(reason: string): void {
    const error = new MicroError('unavailable', reason, { refused: true });
    this.#leave(rawAnswer(408, error));
  }

  /** Answers what cannot be read, or not to its end, and reads no more. */
  refuse(status: number, error: MicroError): void {
    const begun = this.running === 1 && this.#latest?.headersSent === true;
    if (this.running > 1 || begun) this.socket.destroy();
    else this.#leave(rawAnswer(status, error), true);
  }

  #leave(answer: string, deaf = false): void {
    const { socket } = this;
    if (this.leaving || socket.destroyed) return;
    this.leaving = true;
    const timer = setTimeout(() => socket.destroy(), lastWord);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
    if (socket.writable) socket.end(answer, 'latin1');
    // Closing with unread bytes would reset the connection, and the peer would lose the answer.
    if (deaf) socket.pause();
  }
}
