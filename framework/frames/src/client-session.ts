import type { Duplex } from 'node:stream';
import { closable } from '@micro-ts/interface';
import type { CallMessage, ConnectionState, Exchange } from '@micro-ts/interface';
import type { Limits, Losable, MicroError } from '@micro-ts/interface';
import { ClientCall } from './client-call.ts';
import { ClientCalls } from './client-calls.ts';
import { asRefused, decodeFailure, lost, refusal, tooLarge } from './failure.ts';
import { flag, frameType, goAwayReason, readU32, smallestWindow } from './frame.ts';
import type { Slab } from './frame.ts';
import { decodeGoAway } from './go-away.ts';
import type { GoAway } from './go-away.ts';
import { Link } from './link.ts';
import { clientPatience } from './liveness.ts';
import type { Patience } from './liveness.ts';
import { metadataSize } from './metadata-block.ts';
import { ProtocolError } from './protocol-error.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';

/** What of a stream a client takes before it has read any of it, in bytes. */
const clientWindow = 262_144;

/** What a client's side is made with. */
export interface ClientOptions {
  readonly limits: Limits;
  readonly node?: string | undefined;
  /** The number that was used last; for tests. */
  readonly lastStream?: number;
  /** Shorter in tests. */
  readonly patience?: Patience;
}

/** The client's side of a connection. */
export class ClientSession implements Session {
  readonly life: Losable;
  /** A server opens no streams. */
  readonly lastAccepted = 0;
  readonly #link: Link;
  readonly #calls: ClientCalls;
  readonly #node: string | undefined;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #state: ConnectionState = 'ready';
  #reason: MicroError | undefined = undefined;
  /** Whatever was sent, the peer has not looked at it. */
  #unread = true;

  constructor(socket: Duplex, options: ClientOptions) {
    const { limits, node, lastStream = 0, patience = clientPatience } = options;
    this.#node = node;
    this.life = closable(() => this.#release());
    const parameters = { limits, window: clientWindow, patience, server: false };
    this.#link = new Link(socket, this, parameters);
    this.#calls = new ClientCalls(this.#link, lastStream, () => this.#over());
    this.#link.announce(node === undefined ? [] : [node]);
    this.#link.liveness.wake();
  }

  /** The peer speaks frames; `head` is what was read of them already. */
  start(head: Uint8Array | undefined): void {
    this.#unread = false;
    this.#link.start(head);
  }

  readonly exchange: Exchange = (message) =>
    new Promise((resolve, reject) => {
      const refused = this.#refusal(message);
      if (refused !== undefined) {
        reject(refused);
        return;
      }
      const block = metadataSize(message.metadata, this.#link.limits.metadataBytes);
      const call = new ClientCall(this.#calls, message, block, resolve, reject);
      this.#calls.define(message);
      message.lifetime.onEnd(call.ended);
      this.#link.liveness.wake();
      this.#calls.add(call);
      if (this.#calls.exhausted) this.#drain();
    });

  readonly onState = (listener: (state: ConnectionState) => void): void => {
    this.#listeners.add(listener);
    if (this.#state !== 'ready') listener(this.#state);
  };

  get busy(): boolean {
    return this.#calls.size > 0 || !this.#link.settled;
  }

  settled({ nodes, window }: Settings): void {
    if (this.#node !== undefined && nodes.length > 0 && !nodes.includes(this.#node)) {
      // A server that was told the node it is not runs nothing.
      this.#unread = true;
      this.#link.fail(goAwayReason.node, 'another node answers at this address');
      return;
    }
    this.#calls.widen(window - smallestWindow);
  }

  frame(type: number, flags: number, stream: number, bytes: Slab, from: number, to: number): void {
    if (type === frameType.data) {
      this.#calls.get(stream)?.receive(flags, bytes, from, to);
    } else if (type === frameType.error) {
      const refused = (flags & flag.refused) !== 0;
      this.#calls.get(stream)?.fail(decodeFailure(bytes, from, to, refused));
    } else if (type === frameType.credit) {
      if (to - from !== 4) throw new ProtocolError('CREDIT without 4 bytes');
      this.#calls.get(stream)?.outgoing?.grant(readU32(bytes, from));
    } else if (type === frameType.cancel) {
      this.#calls.get(stream)?.stopSending();
    } else if (type === frameType.goAway) {
      this.#onGoAway(decodeGoAway(bytes, from, to));
    } else if (type === frameType.call || type === frameType.define) {
      throw new ProtocolError('a server calls its client');
    }
  }

  chunkRead(): void {
    // Answers are handed over at once.
  }

  suspect(suspect: boolean): void {
    if (this.#state !== 'draining') this.#turn(suspect ? 'suspect' : 'ready');
  }

  lost(reason: MicroError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.life.lose(reason);
  }

  #release(): Promise<void> {
    this.#reason ??= lost('the connection was closed');
    this.#calls.failAll(this.#reason, this.#unread);
    return this.#link.end();
  }

  /** Why a call cannot even begin. */
  #refusal({ lifetime, body }: CallMessage): MicroError | undefined {
    const { maxCalls, maxMessage } = this.#link.peer;
    if (this.#reason !== undefined) return asRefused(this.#reason);
    if (this.#state === 'draining') return refusal('unavailable', 'the node takes no more calls');
    if (lifetime.reason !== undefined) return lifetime.reason;
    if (this.#calls.size >= maxCalls) {
      return refusal('resource_exhausted', `${maxCalls} calls are under way on this connection`);
    }
    const size = body instanceof Uint8Array ? body.length : 0;
    return size > maxMessage ? tooLarge(size, maxMessage, true) : undefined;
  }

  #onGoAway({ last, reason, text }: GoAway): void {
    if (reason === goAwayReason.drain) {
      this.#drain();
      this.#calls.refuseAbove(last, 'the node takes no more calls');
      return;
    }
    if (reason === goAwayReason.node) this.#unread = true;
    this.#calls.refuseAbove(last, text);
    this.lost(lost(text));
  }

  /** Calls that run go on; there will be no others. */
  #drain(): void {
    if (this.#state !== 'draining') this.#turn('draining');
    this.#over();
  }

  /** A call is over: the last one of a draining connection closes it. */
  #over(): void {
    const last = this.#state === 'draining' && this.#calls.size === 0;
    if (last && this.#reason === undefined) void this.life.close();
  }

  #turn(state: ConnectionState): void {
    if (this.#state === state || this.#reason !== undefined) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
