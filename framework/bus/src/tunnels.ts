import { randomBytes } from 'node:crypto';
import { MicroError } from '@micro-ts/interface';
import type { Post } from './bus.ts';
import { encodeGone, encodeHello, kind, reasonIn, windowIn } from './tunnel-message.ts';
import { Tunnel } from './tunnel.ts';

const beat = 100;
/** Most tunnels whose end is remembered, so that each is told once that it is gone. */
const remembered = 256;

/** A tunnel that is not accepted yet. */
interface Opening {
  readonly accepted: (to: string, window: number) => void;
  readonly refused: (reason: string) => void;
}

/** A new id: nobody guesses it. */
export const newId = (): string => randomBytes(16).toString('base64url');

/** The tunnels of one place, by their ids. */
export class Tunnels {
  readonly #byId = new Map<string, Tunnel>();
  readonly #openings = new Map<string, Opening>();
  readonly #told = new Set<string>();
  /** They wait for the other end. Looked through at each beat. */
  #timer: NodeJS.Timeout | undefined = undefined;
  /** Known as soon as there is a place; nothing arrives before. */
  post!: Post;
  readonly #reading: () => Promise<void> | undefined;

  /** @param reading what waited while this process stood still, where that matters: at servers */
  constructor(reading: () => Promise<void> | undefined = () => undefined) {
    this.#reading = reading;
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /**
   * Opens a tunnel to a node; resolves when the node has accepted it.
   * @throws MicroError `unavailable`, refused: nobody is there, or says no, or says nothing in time
   */
  connect(door: string, node: string, patience: number): Promise<Tunnel> {
    const tunnel = this.#make(newId(), true);
    const { id } = tunnel;
    return new Promise((resolve, reject) => {
      const refused = (text: string, cause?: unknown): void => {
        end();
        tunnel.off('close', closed).destroy();
        reject(new MicroError('unavailable', `${node}: ${text}`, { refused: true, cause }));
      };
      const closed = (): void => refused('the bus is gone');
      const end = (): void => {
        clearTimeout(timer);
        this.#openings.delete(id);
      };
      const timer = setTimeout(() => refused(`no answer in ${patience} ms`), patience);
      tunnel.once('close', closed).on('error', () => undefined);
      const accepted = (to: string, window: number): void => {
        end();
        tunnel.off('close', closed).meet(to, window);
        resolve(tunnel);
      };
      this.#openings.set(id, { accepted, refused });
      try {
        this.post.tell(door, id, encodeHello(kind.open));
      } catch (error) {
        refused('the bus does not take it', error);
      }
    });
  }

  /** The server's end of a tunnel that somebody opens. */
  accept(id: string, reply: string, window: number): Tunnel {
    const tunnel = this.#make(id, false).on('error', () => undefined);
    this.post.tell(reply, id, encodeHello(kind.accept));
    tunnel.meet(reply, window);
    return tunnel;
  }

  receive(id: string, bytes: Buffer, reply: string): void {
    const tunnel = this.#byId.get(id);
    if (tunnel === undefined) return this.tellGone(id, bytes, reply);
    if (tunnel.open) {
      // A second one that answers to the same address.
      if (bytes[0] === kind.accept && reply !== tunnel.to) this.refuse(id, reply, 'taken already');
      else tunnel.receive(bytes);
      return;
    }
    const opening = this.#openings.get(id);
    const window = bytes[0] === kind.accept && reply !== '' ? windowIn(bytes) : undefined;
    if (window !== undefined) opening?.accepted(reply, window);
    else opening?.refused(bytes[0] === kind.gone ? reasonIn(bytes) : 'it says something else');
  }

  nobody(id: string): void {
    const opening = this.#openings.get(id);
    if (opening !== undefined) opening.refused('nobody is there');
    else this.#byId.get(id)?.lose('the other end is gone');
  }

  /** Tells once who sends to a tunnel that is not there. */
  tellGone(id: string, bytes: Buffer, reply: string): void {
    if (reply === '' || bytes[0] === kind.gone || this.#told.has(id)) return;
    this.#told.add(id);
    if (this.#told.size > remembered)
      for (const first of this.#told) {
        this.#told.delete(first);
        break;
      }
    this.refuse(id, reply, 'there is no such tunnel');
  }

  refuse(id: string, reply: string, reason: string): void {
    try {
      this.post.tell(reply, id, encodeGone(reason));
    } catch {
      // Then the bus is gone, which tells the other end as well.
    }
  }

  /** The place is gone, and all that hangs on it. */
  lose(reason: string, cause?: unknown): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const opening of [...this.#openings.values()]) opening.refused(reason);
    for (const tunnel of [...this.#byId.values()]) tunnel.lose(reason, cause);
  }

  #make(id: string, asks: boolean): Tunnel {
    const ended = (): void => void this.#byId.delete(id);
    const wake = asks ? this.#wake : (): void => undefined;
    const { post } = this;
    const tunnel = new Tunnel({ post, id, wake, ended, reading: this.#reading });
    this.#byId.set(id, tunnel);
    return tunnel;
  }

  readonly #wake = (): void => {
    this.#timer ??= setInterval(this.#onBeat, beat).unref();
  };

  readonly #onBeat = (): void => {
    let goOn = false;
    for (const tunnel of this.#byId.values()) goOn = tunnel.beat() || goOn;
    if (goOn) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  };
}
