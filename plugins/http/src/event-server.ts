import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Backlog } from '@micro-ts/delivery';
import { closable, metadata, MicroError } from '@micro-ts/interface';
import type { Closable, Delivery, Limits } from '@micro-ts/interface';
import { contentTypeOf, decodeEnvelope } from '@micro-ts/wire';
import type { Accepted } from './accepted.ts';
import type { Admission } from './admission.ts';
import { answerError, headersOf } from './answer.ts';
import type { Caller } from './answer.ts';
import { openHost } from './host.ts';
import type { Host, HostSettings } from './host.ts';
import { readBody } from './read-body.ts';

/** A subscription that events can be sent to. */
export interface EventTarget {
  readonly topic: string;
  readonly backlog: Backlog;
}

const refused = { refused: true };

/** Receives the POSTs of go-micro's HTTP broker, for all subscriptions of an app. */
export class EventServer implements Closable {
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly address: string;
  readonly #targets: ReadonlyMap<string, EventTarget>;
  readonly #admission: Admission;
  readonly #limits: Limits;
  readonly #host: Host;

  private constructor(
    host: Host,
    targets: ReadonlyMap<string, EventTarget>,
    admission: Admission,
    limits: Limits,
  ) {
    this.#host = host;
    this.#targets = targets;
    this.#admission = admission;
    this.#limits = limits;
    this.address = host.address;
    const end = closable(async () => {
      await host.drain();
      await host.close();
    });
    this.closed = end.closed;
    this.close = end.close;
    void host.closed.then((reason) => reason === undefined || end.lose(reason));
  }

  /** @param targets the subscriptions, by the ids of their nodes; may change */
  static async open(
    address: string,
    targets: ReadonlyMap<string, EventTarget>,
    admission: Admission,
    settings: HostSettings,
  ): Promise<EventServer> {
    const host = await openHost(
      address,
      {
        request: (request, response, accepted) => {
          server.#request(request, response, accepted);
          return undefined;
        },
      },
      settings,
    );
    const server = new EventServer(host, targets, admission, settings.limits);
    return server;
  }

  #request(request: IncomingMessage, response: ServerResponse, { late }: Accepted): void {
    const { host, origin } = request.headers;
    const draining = (): boolean => this.#host.draining;
    const limits = this.#limits;
    const none = { id: undefined, origin: undefined };
    const caller: Caller = { ...none, response, native: false, draining, limits };
    const fail = (error: MicroError, status?: number): void =>
      answerError(caller, error, '', status);
    const denied = this.#admission.check(host, origin);
    if (denied !== undefined) return fail(denied);
    if (request.method !== 'POST') {
      return fail(new MicroError('unimplemented', 'events are POST requests', refused), 405);
    }
    if (late) return fail(new MicroError('unavailable', 'the node is going', refused));
    if (contentTypeOf(request.headers['content-type']) !== 'application/json') {
      return fail(new MicroError('invalid_argument', 'events are application/json', refused), 415);
    }
    const most = envelopeBytes(this.#limits);
    readBody(request, most, (error, body) => {
      if (error !== undefined) return fail(error, 413);
      try {
        this.#take(request, caller, body);
      } catch (reason) {
        fail(MicroError.from(reason));
      }
    });
  }

  #take(request: IncomingMessage, caller: Caller, body: Uint8Array): void {
    const { messageBytes } = this.#limits;
    const id = new URL(request.url ?? '/', 'http://broker').searchParams.get('id') ?? '';
    const delivery = deliveryOf(body);
    const target = this.#targets.get(id);
    if (target === undefined || target.topic !== delivery.topic) {
      throw new MicroError('not_found', 'no such subscription', refused);
    }
    if (delivery.body.length > messageBytes) {
      throw new MicroError('resource_exhausted', `more than ${messageBytes} bytes`, refused);
    }
    const { response } = caller;
    const leave = target.backlog.add(delivery, {
      taken: () => {
        if (response.destroyed) return;
        response.writeHead(200, [...headersOf(caller, 'application/json'), 'Content-Length', '0']);
        response.end();
      },
      refused: (error) => answerError(caller, error, ''),
    });
    response.once('close', leave);
  }
}

/** Largest envelope: the body in base64, and its metadata with whatever JSON makes of them. */
const envelopeBytes = ({ messageBytes, metadataBytes }: Limits): number =>
  Math.ceil(messageBytes / 3) * 4 + metadataBytes * 6 + 1_024;

function deliveryOf(body: Uint8Array): Delivery {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
  const message = decodeEnvelope(text);
  const topic = message.metadata['micro-topic'];
  if (topic === undefined) throw new MicroError('invalid_argument', 'an event without Micro-Topic');
  const own = Object.entries(message.metadata).filter(([key]) => key !== 'micro-topic');
  return { ...message, metadata: metadata(own), topic, attempt: 1 };
}
