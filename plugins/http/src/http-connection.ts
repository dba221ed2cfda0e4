import type { Socket } from 'node:net';
import { closable, MicroError } from '@micro-ts/interface';
import type { CallMessage, Connection, ConnectionState } from '@micro-ts/interface';
import type { Limits, Message } from '@micro-ts/interface';
import { callHeaders, decodeError } from '@micro-ts/wire';
import type { Pool } from 'undici';
import type { AnswerHeaders } from './answer-headers.ts';
import { checkMetadata } from './check-metadata.ts';
import { dial } from './dial.ts';
import { findAlive, Liveness } from './liveness.ts';
import type { DialSettings } from './dial.ts';
import { foreignError } from './http-errors.ts';
import type { Place } from './place.ts';
import { openPool } from './pool.ts';
import { post } from './post.ts';
import type { PostListener } from './post.ts';

/** What connections of plain HTTP need to know. */
export interface HttpConnectionSettings extends DialSettings {
  readonly limits: Limits;
  /** Most sockets to the node. */
  readonly connections: number;
}

/** How long the first socket is kept for a first call, in ms: less than servers wait for a request. */
const unused = 3_000;

/** Calls to one node by plain HTTP: as many sockets as there are calls at once, up to a limit. */
export class HttpConnection implements Connection {
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly exchange = (call: CallMessage): Promise<Message> => this.#exchange(call);
  readonly #place: Place;
  readonly #settings: HttpConnectionSettings;
  readonly #origin: string;
  readonly #lose: (reason: unknown) => void;
  readonly #liveness: Liveness;
  #first: Socket | undefined;
  #pool: Pool | undefined = undefined;
  #opening: Promise<Pool> | undefined = undefined;
  #inFlight = 0;
  #draining = false;
  #ended = false;
  #checking = false;
  #emptied: (() => void) | undefined = undefined;
  #told: (state: ConnectionState) => void = () => undefined;

  /** @param first the socket with which it was found that somebody is there */
  constructor(place: Place, first: Socket, settings: HttpConnectionSettings) {
    this.#place = place;
    this.#settings = settings;
    this.#origin = `${place.secure ? 'https' : 'http'}://${place.address}`;
    this.#first = first.on('error', () => undefined).unref();
    setTimeout(() => this.#takeFirst()?.destroy(), unused).unref();
    this.#liveness = new Liveness(place, settings, (state) => this.#told(state));
    let lost = false;
    const end = closable(async () => {
      this.#ended = true;
      this.#liveness.stop();
      this.#first?.destroy();
      // What still runs on a lost node hears from its own socket; only close() cuts it off.
      if (!lost) await this.#destroy();
      else if (this.#inFlight > 0) this.#emptied = () => void this.#destroy();
      else void this.#destroy();
    });
    this.closed = end.closed;
    this.close = async () => {
      await end.close();
      await this.#destroy();
    };
    this.#lose = (reason) => {
      lost = true;
      end.lose(reason);
    };
  }

  onState(listener: (state: ConnectionState) => void): void {
    this.#told = listener;
  }

  #exchange(call: CallMessage): Promise<Message> {
    const { body } = call;
    const { messageBytes } = this.#settings.limits;
    if (!(body instanceof Uint8Array)) {
      return refuse('unimplemented', `${this.#place.address} takes no streams: it has no frames`);
    }
    if (body.length > messageBytes) {
      return refuse('resource_exhausted', `the message is larger than ${messageBytes} bytes`);
    }
    const pool = this.#pool;
    if (pool !== undefined) return this.#send(pool, call, body);
    return this.#open().then((opened) => this.#send(opened, call, body));
  }

  #send(pool: Pool, call: CallMessage, body: Uint8Array): Promise<Message> {
    return new Promise((resolve, reject) => {
      checkMetadata(call.metadata, this.#settings.limits);
      const request = {
        origin: this.#origin,
        path: '/',
        headers: headersOf(call),
        body,
        lifetime: call.lifetime,
        most: this.#settings.limits.messageBytes,
      };
      const listener: PostListener = {
        answered: (status, text, headers, bytes) => {
          this.#done(headers.draining);
          this.#liveness.heard();
          const error = errorOf(call, status, text, headers, bytes);
          if (error !== undefined) return reject(error);
          const { contentType } = call;
          const back = headers.empty ? bytes.subarray(0, 0) : bytes;
          resolve({ contentType, metadata: headers.metadata, body: back });
        },
        failed: (error) => {
          this.#done(false);
          reject(error);
        },
      };
      this.#inFlight++;
      this.#liveness.running(this.#inFlight);
      post(pool, request, listener);
    });
  }

  #done(draining: boolean): void {
    this.#inFlight--;
    this.#liveness.running(this.#inFlight);
    if (draining && !this.#draining) {
      this.#draining = true;
      this.#told('draining');
    }
    if (this.#inFlight > 0) return;
    this.#emptied?.();
    // In a later turn, because a call that was refused may be about to try again.
    if (this.#draining) setImmediate(() => this.#inFlight === 0 && void this.close());
  }

  #open(): Promise<Pool> {
    this.#opening ??= openPool(this.#origin, this.#settings, () => this.#socket()).then((pool) => {
      // A connection that the node closed by agreement tells nothing; one that broke may tell of its end.
      pool.on('connectionError', () => void this.#check());
      pool.on('disconnect', (_origin, _targets, error) => {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== 'UND_ERR_INFO' && message !== 'bad response') void this.#check();
      });
      this.#pool = pool;
      if (this.#ended) void pool.destroy();
      return pool;
    });
    return this.#opening;
  }

  #socket(): Promise<Socket> {
    const first = this.#takeFirst();
    if (first?.readyState === 'open') return Promise.resolve(first.ref());
    return dial(this.#place, this.#settings);
  }

  #takeFirst(): Socket | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first;
  }

  /** Is anybody there still? Then nothing has happened, apart from what the calls were told. */
  async #check(): Promise<void> {
    if (this.#checking || this.#ended || this.#draining) return;
    this.#checking = true;
    try {
      await findAlive(this.#place, this.#settings);
    } catch (error) {
      this.#lose(error);
    } finally {
      this.#checking = false;
    }
  }

  async #destroy(): Promise<void> {
    const pool = await this.#opening?.catch(() => undefined);
    const text = `the connection to ${this.#place.address} was closed`;
    await pool?.destroy(new MicroError('unavailable', text));
  }
}

/**
 * Headers by turns with their values. The method is the endpoint once more, and an id tells answers
 * apart that cannot be mixed up here; no version of go-micro misses them, and each header costs.
 */
function headersOf(call: CallMessage): string[] {
  const headers = callHeaders(call);
  const flat: string[] = [];
  for (const name in headers) {
    if (name !== 'Micro-Method' && name !== 'Micro-Id') flat.push(name, headers[name] ?? '');
  }
  return flat;
}

function errorOf(
  call: CallMessage,
  status: number,
  text: string,
  headers: AnswerHeaders,
  body: Uint8Array,
): MicroError | undefined {
  if (headers.error !== undefined) return decodeError(headers.error, headers.refused);
  if (status !== 200) return foreignError(status, text, body);
  const { contentType } = headers;
  // How Go servers say that they do not know a content type.
  if (contentType !== 'text/plain' || call.contentType === 'text/plain') return undefined;
  return foreignError(501, 'text', body);
}

function refuse(code: 'unimplemented' | 'resource_exhausted', text: string): Promise<never> {
  return Promise.reject(new MicroError(code, text, { refused: true }));
}
