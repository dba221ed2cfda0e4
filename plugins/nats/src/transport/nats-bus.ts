import { closable, MicroError } from '@micro-ts/interface';
import type { Losable } from '@micro-ts/interface';
import { Outflow } from '@micro-ts/bus';
import type { Bus, PlainMessage, Post, Receiver } from '@micro-ts/bus';
import { decodeTransportMessage, encodeTransportMessage } from '@micro-ts/wire';
import type { Msg, Subscription } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';

/** JSON begins with it, and no message of a tunnel does. */
const brace = 0x7b;
/** Where tunnels to a node are opened: below its address, which is go-micro's. */
const door = (address: string): string => `${address}.open`;

/** Subjects as places. */
export class NatsBus implements Bus {
  readonly door = door;
  readonly #link: NatsLink;
  readonly #inbox: () => string;
  readonly #outflow: Outflow;

  /** @param inbox makes a new subject, as go-micro does */
  constructor(link: NatsLink, inbox: () => string) {
    this.#link = link;
    this.#inbox = inbox;
    this.#outflow = new Outflow(() => link.flush());
  }

  async open(receiver: Receiver): Promise<Post> {
    return this.#post(this.#inbox(), [], receiver);
  }

  async listen(address: string | undefined, receiver: Receiver): Promise<Post> {
    const subject = address ?? this.#inbox();
    if (!/^[^\s*>]+$/.test(subject)) {
      throw new MicroError('invalid_argument', `no subject: ${JSON.stringify(subject)}`);
    }
    return this.#post(this.#inbox(), [subject], receiver);
  }

  /** @param own subject below which each conversation has one of its own */
  async #post(own: string, subjects: readonly string[], receiver: Receiver): Promise<Post> {
    const link = this.#link;
    const { nats } = link;
    const subscriptions: Subscription[] = [];
    const end = closable(() => {
      for (const each of subscriptions) if (!each.isClosed()) each.unsubscribe();
    });
    const subscribe = (subject: string, callback: (message: Msg) => void): Subscription => {
      const tell = (error: Error | null, message: Msg): void => {
        if (error === null) callback(message);
        else end.lose(link.error(error));
      };
      const subscription = nats.subscribe(subject, { callback: tell });
      subscriptions.push(subscription);
      return subscription;
    };
    const place = new NatsPost(link, this.#outflow, { own, address: subjects[0] ?? own, end });
    try {
      subscribe(`${own}.*`, (message) => hear(message, own.length + 1, receiver));
      for (const subject of subjects) {
        place.calls = subscribe(subject, (message) => hearCall(message, receiver));
        subscribe(door(subject), (message) => hearOpen(message, receiver));
      }
      await link.flush();
    } catch (error) {
      await end.close();
      throw link.error(error, true);
    }
    void link.closed.then((reason) => end.lose(reason ?? 'the connection was closed'));
    return place;
  }
}

/** One process's own subject, and what it sends from there. */
class NatsPost implements Post {
  readonly address: string;
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  /** Subscription to go-micro's calls. */
  calls: Subscription | undefined = undefined;
  readonly #link: NatsLink;
  readonly #outflow: Outflow;
  readonly #own: string;

  constructor(
    link: NatsLink,
    outflow: Outflow,
    { own, address, end }: { own: string; address: string; end: Losable },
  ) {
    this.#link = link;
    this.#outflow = outflow;
    this.#own = own;
    this.address = address;
    this.closed = end.closed;
    this.close = end.close;
  }

  get maxBytes(): number {
    return this.#link.maxPayload;
  }

  get writable(): boolean {
    return this.#outflow.writable;
  }

  whenWritable(work: () => void): void {
    this.#outflow.whenWritable(work);
  }

  /** With a subject for answers the server tells at once that nobody listens. */
  tell(to: string, id: string, bytes: Uint8Array): void {
    this.#link.nats.publish(to, bytes, { reply: `${this.#own}.${id}` });
    this.#outflow.sent(bytes.length);
  }

  ask(address: string, id: string, message: PlainMessage): void {
    this.#publish(address, message, `${this.#own}.${id}`);
  }

  answer(reply: string, _id: string, message: PlainMessage): void {
    this.#publish(reply, message);
  }

  async drain(): Promise<void> {
    const { calls } = this;
    if (calls === undefined || calls.isClosed()) return;
    await this.#link.orLost(calls.drain());
  }

  flush(): Promise<void> {
    return this.#link.flush();
  }

  #publish(subject: string, message: PlainMessage, reply?: string): void {
    const bytes = Buffer.from(encodeTransportMessage(message));
    this.#link.send(subject, bytes, reply === undefined ? {} : { reply });
    this.#outflow.sent(bytes.length);
  }
}

/** What comes to the subject of one conversation. */
function hear(message: Msg, at: number, receiver: Receiver): void {
  const { data } = message;
  const id = message.subject.slice(at);
  if (data.length === 0) {
    if (message.headers?.code === 503) receiver.nobody(id);
  } else if (data[0] === brace) {
    receiver.plain(id, () => decodeTransportMessage(textOf(data)), replyOf(message));
  } else {
    receiver.tunnel(id, bufferOf(data), replyOf(message));
  }
}

/** Only the one who opens has told nobody its id yet: it is the last part of the subject for answers. */
function hearOpen(message: Msg, receiver: Receiver): void {
  const reply = replyOf(message);
  const id = reply.slice(reply.lastIndexOf('.') + 1);
  if (message.data.length > 0 && id !== '') receiver.tunnel(id, bufferOf(message.data), reply);
}

function hearCall(message: Msg, receiver: Receiver): void {
  const { data } = message;
  receiver.plain('', () => decodeTransportMessage(textOf(data)), replyOf(message));
}

/** Subjects of the server itself are nowhere that an answer belongs. */
function replyOf(message: Msg): string {
  const reply = message.reply ?? '';
  return reply.startsWith('$') ? '' : reply;
}

const bufferOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, length);
const textOf = (data: Uint8Array): string => bufferOf(data).toString('utf8');
