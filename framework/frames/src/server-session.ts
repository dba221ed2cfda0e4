import type { Duplex } from 'node:stream';
import { closable, MicroError } from '@micro-ts/interface';
import type { Exchange, Limits, Losable } from '@micro-ts/interface';
import { lost } from './failure.ts';
import { frameType, goAwayReason, readU32 } from './frame.ts';
import type { Slab } from './frame.ts';
import { encodeGoAway } from './go-away.ts';
import { Link } from './link.ts';
import { serverPatience } from './liveness.ts';
import type { Patience } from './liveness.ts';
import { ProtocolError } from './protocol-error.ts';
import type { ServerCall } from './server-call.ts';
import { ServerCalls } from './server-calls.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';

/** What of a stream a server takes before its handler has read any of it, in bytes. */
const serverWindow = 65_536;
/** A chunk of this size may be followed by another one that waits already. */
const fullChunk = 16_384;

/** What a server's side is made with. */
export interface ServerOptions {
  readonly limits: Limits;
  readonly nodes: readonly string[];
  readonly peer: string | undefined;
  /** Shorter in tests. */
  readonly patience?: Patience;
}

/** The server's side of a connection. */
export class ServerSession implements Session {
  readonly life: Losable;
  readonly #link: Link;
  readonly #calls: ServerCalls;
  readonly #nodes: readonly string[];
  readonly #handshake: NodeJS.Timeout;
  /** TLS makes a chunk of each record, so that a small one does not tell that nothing waits. */
  readonly #records: boolean;
  #drained: Promise<void> | undefined = undefined;
  #tellDrained: (() => void) | undefined = undefined;
  #gone = false;

  constructor(socket: Duplex, exchange: Exchange, options: ServerOptions) {
    const { limits, nodes, peer, patience = serverPatience } = options;
    this.#nodes = nodes;
    this.#records = 'encrypted' in socket;
    this.life = closable(() => this.#release());
    const parameters = { limits, window: serverWindow, patience, server: true };
    this.#link = new Link(socket, this, parameters);
    this.#calls = new ServerCalls(this.#link, exchange, peer, () => this.#over());
    const late = (): void => this.#link.fail(goAwayReason.protocol, 'no SETTINGS in time');
    this.#handshake = setTimeout(late, limits.handshake).unref();
    this.#link.announce(nodes);
  }

  /** Begins to read; `head` is what others have read already. */
  start(head: Uint8Array | undefined): void {
    this.#link.start(head);
  }

  get busy(): boolean {
    return this.#calls.size > 0;
  }

  get lastAccepted(): number {
    return this.#calls.accepted;
  }

  settled({ nodes: wanted }: Settings): void {
    clearTimeout(this.#handshake);
    this.#link.liveness.relax();
    if (this.#nodes.length === 0 || wanted.length === 0) return;
    if (wanted.some((node) => this.#nodes.includes(node))) return;
    this.#link.fail(goAwayReason.node, 'another node answers at this address');
  }

  frame(type: number, flags: number, stream: number, bytes: Slab, from: number, to: number): void {
    if (type === frameType.call) {
      this.#link.liveness.wake();
      this.#calls.accept(flags, stream, bytes, from, to);
    } else if (type === frameType.data) {
      this.#onData(flags, stream, bytes, from, to);
    } else if (type === frameType.credit) {
      if (to - from !== 4) throw new ProtocolError('CREDIT without 4 bytes');
      this.#calls.get(stream)?.outgoing?.grant(readU32(bytes, from));
    } else if (type === frameType.cancel) {
      this.#calls.get(stream)?.cancel(new MicroError('cancelled', 'the caller has cancelled'));
    } else if (type === frameType.define) {
      this.#calls.names.define(bytes, from, to);
    } else if (type === frameType.goAway) {
      this.lost(lost('the client gave the connection up'));
    } else if (type === frameType.error) {
      throw new ProtocolError('a client answers its server');
    }
  }

  chunkRead(bytes: number): void {
    const calls = this.#calls.takeStarting();
    if (calls.length === 0) return;
    if (bytes < fullChunk && !this.#records) start(calls);
    // A cancel may stand behind its call in a chunk that waits already, above all after this process
    // was frozen. The second of two immediates comes after a poll.
    else setImmediate(() => setImmediate(start, calls));
  }

  suspect(): void {
    // It is for the client to go elsewhere.
  }

  lost(reason: MicroError): void {
    this.life.lose(reason);
  }

  drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      this.#calls.draining = true;
      const payload = encodeGoAway(this.#calls.accepted, goAwayReason.drain, 'the node drains');
      if (!this.#gone) this.#link.writer.frame(frameType.goAway, 0, 0, payload);
      this.#tellDrained = resolve;
      this.#over();
    });
    return this.#drained;
  }

  /** A call is over: the last one of a draining connection ends the drain. */
  #over(): void {
    if (this.#tellDrained === undefined) return;
    if (this.#gone) this.#tellDrained();
    else if (this.#calls.size === 0) this.#link.writer.whenWritten(this.#tellDrained);
  }

  #release(): Promise<void> {
    this.#gone = true;
    clearTimeout(this.#handshake);
    this.#calls.cancelAll('the caller is gone');
    this.#tellDrained?.();
    this.#link.say(goAwayReason.drain, 'the server closes');
    return this.#link.end();
  }

  #onData(flags: number, stream: number, bytes: Slab, from: number, to: number): void {
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    if (call.incoming === undefined) throw new ProtocolError('DATA behind a whole request');
    call.incoming.receive(flags, bytes, from, to);
  }
}

/** Hands calls to their handlers; those that were cancelled meanwhile never run. */
function start(calls: readonly ServerCall[]): void {
  const now = performance.now();
  for (const call of calls) call.run(now);
}
