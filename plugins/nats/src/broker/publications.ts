import { MicroError } from '@micro-ts/interface';
import type { Msg } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';

/** Most bytes on their way into streams before publishing is refused. */
const mostUnconfirmed = 64 * 1024 * 1024;
/** What JetStream says of a stream, or of a server, that is full. */
const full = /maximum|exceeded|insufficient|resource limits/i;

/** What became of an event: a stream has it, or nobody listens there. */
export type Kept = 'kept' | 'nobody';

interface Waiting {
  readonly resolve: (kept: Kept) => void;
  readonly reject: (error: Error) => void;
}

/** Events on their way into streams, which confirm each of them. */
export class Publications {
  readonly #link: NatsLink;
  readonly #timeout: number;
  readonly #waiting = new Map<string, Waiting>();
  #inbox: string | undefined;
  #count = 0;
  #bytes = 0;

  /** @param timeout of each confirmation, in ms */
  constructor(link: NatsLink, timeout: number) {
    this.#link = link;
    this.#timeout = timeout;
  }

  /**
   * Resolves when the stream has stored the event.
   * @param headers the stream takes an event of the same `Nats-Msg-Id` once; none take no bytes
   */
  async publish(
    topic: string,
    payload: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Kept> {
    const bytes = Buffer.byteLength(payload);
    if (this.#bytes + bytes > mostUnconfirmed) throw this.#slow();
    const inbox = (this.#inbox ??= this.#listen());
    const token = (this.#count += 1).toString(36);
    const confirmed = new Promise<Kept>((resolve, reject) => {
      this.#waiting.set(token, { resolve, reject });
    });
    this.#bytes += bytes;
    const giveUp = (): void => this.#waiting.get(token)?.reject(this.#silent());
    const timer = setTimeout(giveUp, this.#timeout);
    try {
      const reply = `${inbox}.${token}`;
      const more = headers === undefined ? {} : { headers: this.#link.headers(headers) };
      this.#link.send(topic, payload, { reply, ...more });
      return await this.#link.orLost(confirmed);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(token);
      this.#bytes -= bytes;
    }
  }

  #listen(): string {
    const inbox = this.#link.inbox();
    const hear = (error: Error | null, message: Msg): void => {
      if (error === null) this.#settle(message.subject.slice(inbox.length + 1), message);
    };
    this.#link.subscribe(`${inbox}.*`, { callback: hear });
    return inbox;
  }

  #settle(token: string, message: Msg): void {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return;
    if (message.data.length === 0 && message.headers?.code === 503)
      return waiting.resolve('nobody');
    const { stream, error } = read(message);
    if (error !== undefined) waiting.reject(this.#refused(error));
    else if (typeof stream === 'string') waiting.resolve('kept');
    // Anything else is somebody's answer to what was no question.
  }

  #refused({ description = '' }: ApiError): MicroError {
    const text = `JetStream of nats ${this.#link.server} refuses an event: ${description}`;
    if (!full.test(description)) return new MicroError('unavailable', text);
    const fix = 'see nats.jetstream.maxBytes, or give the server more room';
    return new MicroError('resource_exhausted', `${text}: ${fix}`);
  }

  #silent(): MicroError {
    const text = `JetStream of nats ${this.#link.server} does not confirm an event`;
    return new MicroError('unavailable', text);
  }

  #slow(): MicroError {
    const text = `JetStream of nats ${this.#link.server} confirms too slowly`;
    return new MicroError('resource_exhausted', text, { refused: true });
  }
}

interface ApiError {
  readonly description?: string;
}

function read(message: Msg): { readonly stream?: unknown; readonly error?: ApiError } {
  try {
    const value: unknown = message.json();
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
