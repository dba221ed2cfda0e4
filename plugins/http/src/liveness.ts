import { MicroError } from '@micro-ts/interface';
import type { ConnectionState } from '@micro-ts/interface';
import { dial, Late } from './dial.ts';
import type { DialSettings } from './dial.ts';
import type { Place } from './place.ts';

/** How often it is looked whether anything was answered, in ms. */
const look = 125;
/** Longest wait for the answer to the question, in ms. */
const patience = 250;
/** Pause after a question that was answered, in ms: doubled each time, up to the longest. */
const shortestPause = 250;
const longestPause = 1_000;
/** How often it is tried to reach a process that may be dying. */
const tries = 5;

/**
 * Finds out whether a node that answers nothing is slow or frozen. While calls are running and none of
 * them is answered, it asks `OPTIONS *` on a socket of its own, which any HTTP server answers by
 * itself, go-micro's too. A node that does not is suspect until something of it is heard again.
 */
export class Liveness {
  readonly #place: Place;
  readonly #settings: DialSettings;
  readonly #told: (state: ConnectionState) => void;
  #timer: NodeJS.Timeout | undefined = undefined;
  #running = 0;
  #heard = false;
  #asking = false;
  #suspect = false;
  #pause = shortestPause;
  #next = 0;

  constructor(place: Place, settings: DialSettings, told: (state: ConnectionState) => void) {
    this.#place = place;
    this.#settings = settings;
    this.#told = told;
  }

  /** An answer came. */
  heard(): void {
    this.#heard = true;
    if (this.#suspect) this.#say(false);
  }

  /** So many calls are running now. */
  running(calls: number): void {
    this.#running = calls;
    if (calls === 0 || this.#timer !== undefined) return;
    this.#heard = false;
    this.#next = 0;
    this.#timer = setInterval(() => this.#look(), look);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#running = 0;
  }

  #look(): void {
    if (this.#running === 0 && !this.#suspect) return this.stop();
    const now = performance.now();
    if (this.#heard) {
      this.#heard = false;
      this.#pause = Math.max(shortestPause, this.#pause / 2);
      return;
    }
    if (this.#asking || now < this.#next) return;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const alive = await answers(this.#place, this.#settings);
    this.#asking = false;
    this.#next = performance.now() + (alive ? this.#pause : 0);
    if (alive) this.#pause = Math.min(this.#pause * 2, longestPause);
    if (this.#timer !== undefined && alive === this.#suspect) this.#say(!alive && !this.#heard);
  }

  #say(suspect: boolean): void {
    if (this.#suspect === suspect) return;
    this.#suspect = suspect;
    this.#told(suspect ? 'suspect' : 'ready');
  }
}

/**
 * Resolves if somebody listens there.
 * @throws MicroError `unavailable` if nobody does
 */
export async function findAlive(place: Place, settings: DialSettings): Promise<void> {
  for (let at = 0; at < tries; at++) {
    const socket = await dial(place, settings);
    // A process that is killed may lose its connections before it stops to listen.
    const stays = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), patience);
      const gone = (): void => {
        clearTimeout(timer);
        resolve(false);
      };
      socket.resume().on('error', gone).once('end', gone).once('close', gone);
    });
    socket.destroy();
    if (stays) return;
  }
}

/** Whether anything is answered in time. What refuses a connection is not frozen: it is gone. */
async function answers(place: Place, settings: DialSettings): Promise<boolean> {
  let socket;
  try {
    socket = await dial(place, { ...settings, patience });
  } catch (error) {
    return !(error instanceof MicroError && error.cause instanceof Late);
  }
  const asked = socket;
  return new Promise((resolve) => {
    const end = (alive: boolean): void => {
      clearTimeout(timer);
      asked.destroy();
      resolve(alive);
    };
    // If this process was blocked itself, the answer lies in the socket: it is read before the verdict.
    const timer = setTimeout(() => setImmediate(() => end(false)), patience);
    asked.on('error', () => end(true));
    asked.once('data', () => end(true));
    asked.once('close', () => end(true));
    asked.write(`OPTIONS * HTTP/1.1\r\nHost: ${place.address}\r\nConnection: close\r\n\r\n`);
  });
}
