import { setTimeout as pause } from 'node:timers/promises';
import { closable, MicroError } from '@micro-ts/interface';
import type { Closable, Losable } from '@micro-ts/interface';
import type { Bus, PlainMessage, Post, Receiver } from './bus.ts';

/** One message on its way. */
export interface Travelling {
  readonly to: string;
  readonly id: string;
  readonly bytes?: Buffer;
  readonly message?: PlainMessage;
  /** It answers what somebody asked of the bus itself. */
  readonly answered?: () => void;
  readonly from: string;
}

interface Place {
  readonly receiver: Receiver;
  readonly life: Losable;
  frozen: Travelling[] | undefined;
}

/** What becomes of a message: how often it arrives. */
export type Fate = (message: Travelling) => number;

const once: Fate = () => 1;

/** A message bus of one process, with faults. It keeps the order, as NATS and RabbitMQ do. */
export class MemoryServer {
  readonly places = new Map<string, Place>();
  readonly connections = new Set<Losable>();
  /** All that was sent while it was up. */
  readonly sent: Travelling[] = [];
  fate: Fate = once;
  up = true;
  /** False: those who send hear nothing of it that nobody is there. */
  tells = true;
  #names = 0;
  #queue: (() => void)[] = [];

  async connect(): Promise<Closable> {
    if (!this.up) throw new MicroError('unavailable', 'nobody answers', { refused: true });
    const life = closable(() => void this.connections.delete(life));
    this.connections.add(life);
    return life;
  }

  newName(): string {
    return `place-${++this.#names}`;
  }

  stop(): void {
    this.up = false;
    this.places.clear();
    for (const life of [...this.connections]) life.lose(new MicroError('unavailable', 'it died'));
  }

  start(): void {
    this.up = true;
  }

  /** Whoever is at a place is killed: nothing is said any more. */
  kill(address: string): void {
    this.places.delete(address);
  }

  freeze(address: string): void {
    const place = this.places.get(address);
    if (place !== undefined) place.frozen = [];
  }

  /** @param pace it reads a message each so many ms; all at once without */
  async thaw(address: string, pace = 0): Promise<void> {
    const place = this.places.get(address);
    if (place === undefined) return;
    for (let message; (message = place.frozen?.shift()) !== undefined;) {
      hand(message, place.receiver);
      if (pace > 0) await pause(pace);
    }
    place.frozen = undefined;
  }

  /** Sends, in the name of anybody. */
  send(message: Travelling): void {
    this.sent.push(message);
    const times = this.fate(message);
    for (let n = 0; n < times; n++) this.#later(() => this.deliver(message));
  }

  deliver(message: Travelling): void {
    const { to, id, from } = message;
    const place = this.places.get(to);
    if (place === undefined) {
      if (this.tells) this.places.get(from)?.receiver.nobody(id);
    } else if (place.frozen !== undefined) {
      place.frozen.push(message);
    } else {
      hand(message, place.receiver);
    }
  }

  /** Resolves when what was sent to the place before has arrived there. */
  answer(address: string): Promise<void> {
    return new Promise((answered) => {
      this.#later(() => this.deliver({ to: address, id: '', from: '', answered }));
    });
  }

  #later(work: () => void): void {
    if (this.#queue.push(work) > 1) return;
    setImmediate(() => {
      for (const each of this.#queue.splice(0)) each();
    });
  }
}

function hand({ id, from, bytes, message, answered }: Travelling, receiver: Receiver): void {
  if (answered !== undefined) return answered();
  if (bytes !== undefined) return receiver.tunnel(id, bytes, from);
  const read = (): PlainMessage => {
    if (message === undefined) throw new Error('garbage');
    return message;
  };
  receiver.plain(id, read, from);
}

/** One connection to it. */
export class MemoryBus implements Bus {
  readonly #server: MemoryServer;
  readonly #link: Closable;
  readonly maxBytes: number;
  /** Whether posts take more. */
  readonly flow = { writable: true, waiting: [] as (() => void)[] };

  constructor(server: MemoryServer, link: Closable, maxBytes = 100_000) {
    this.#server = server;
    this.#link = link;
    this.maxBytes = maxBytes;
  }

  door(address: string): string {
    return address;
  }

  async open(receiver: Receiver): Promise<Post> {
    return this.#post(this.#server.newName(), receiver);
  }

  async listen(address: string | undefined, receiver: Receiver): Promise<Post> {
    return this.#post(address ?? this.#server.newName(), receiver);
  }

  #post(address: string, receiver: Receiver): Post {
    const server = this.#server;
    if (!server.up) throw new MicroError('unavailable', 'nobody answers', { refused: true });
    const life = closable(() => void server.places.delete(address));
    server.places.set(address, { receiver, life, frozen: undefined });
    void this.#link.closed.then((reason) => life.lose(reason ?? 'closed'));
    const { flow, maxBytes } = this;
    return {
      ...life,
      address,
      maxBytes,
      get writable() {
        return flow.writable;
      },
      whenWritable: (work) => void flow.waiting.push(work),
      tell: (to, id, bytes) => server.send({ to, id, bytes: Buffer.from(bytes), from: address }),
      ask: (to, id, message) => server.send({ to, id, message, from: address }),
      answer: (to, id, message) => server.send({ to, id, message, from: address }),
      drain: async () => undefined,
      flush: () => server.answer(address),
    };
  }
}
