import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Limits } from '@micro-ts/interface';
import { lost } from './failure.ts';
import { flag, frameType, goAwayReason, writeU32 } from './frame.ts';
import type { Slab } from './frame.ts';
import { encodeGoAway } from './go-away.ts';
import { Liveness } from './liveness.ts';
import type { Patience, Watched } from './liveness.ts';
import { ProtocolError } from './protocol-error.ts';
import { Reader } from './reader.ts';
import type { FrameSink } from './reader.ts';
import { Reassembly } from './reassembly.ts';
import type { Session } from './session.ts';
import { assumedSettings, decodeSettings, encodeSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { Writer } from './writer.ts';

/** Unsent output, in bytes, above which a server stops to read, and below which it goes on. */
const pauseAbove = 1_048_576;
const resumeBelow = 262_144;
/** How long, in ms, a peer may take to read the last frames and to hang up. */
const lastFrames = 500;

/** What both sides do alike with their socket: frames in and out, settings, pings, the end. */
export class Link implements Watched, FrameSink {
  readonly writer: Writer;
  readonly reassembly = new Reassembly();
  readonly limits: Limits;
  readonly window: number;
  /** The peer's settings; assumed until they are read. */
  peer: Settings;
  settled = false;
  readonly liveness: Liveness;
  readonly #socket: Duplex;
  readonly #session: Session;
  readonly #reader: Reader;
  readonly #server: boolean;
  #paused = false;
  #ended = false;
  /** The peer would not notice a last word. */
  #silent = false;
  #lastWord: Buffer | undefined = undefined;

  /**
   * @param server it stops to read while its output stands still: if both sides did, both would wait.
   * And in the end it sends what it has, where a client drops it, to be sure what has not left.
   */
  constructor(
    socket: Duplex,
    session: Session,
    options: { limits: Limits; window: number; patience: Patience; server: boolean },
  ) {
    this.#socket = socket;
    this.#session = session;
    this.limits = options.limits;
    this.window = options.window;
    this.peer = assumedSettings(options.limits);
    this.#server = options.server;
    this.#reader = new Reader(this);
    this.writer = new Writer(socket, this.#watchOutput);
    this.liveness = new Liveness(this, options.patience);
    if (socket instanceof net.Socket) socket.setNoDelay(true).setTimeout(0);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  /** Sends the first frame. */
  announce(nodes: readonly string[]): void {
    const { limits, window } = this;
    const [maxMessage, maxCalls] = [limits.messageBytes, limits.callsPerConnection];
    const payload = encodeSettings({ window, maxMessage, maxCalls, nodes });
    this.writer.frame(frameType.settings, 0, 0, payload);
    this.#rest();
  }

  /** Begins to read, first what was read by others. */
  start(head: Uint8Array | undefined): void {
    if (this.#ended) return;
    this.#socket.on('end', this.#onEnd);
    if (head !== undefined && head.length > 0) {
      this.#onData(Buffer.from(head.buffer, head.byteOffset, head.length));
    }
    if (this.#ended) return;
    this.#socket.on('data', this.#onData);
    if (!this.#paused) this.#socket.resume();
  }

  frame(type: number, flags: number, stream: number, bytes: Slab, from: number, to: number): void {
    if (!this.settled) {
      if (type !== frameType.settings) throw new ProtocolError('the first frame is not SETTINGS');
      this.settled = true;
      this.peer = decodeSettings(bytes, from, to, this.peer);
      this.#session.settled(this.peer);
    } else if (type === frameType.ping) {
      this.#onPing(flags, bytes, from, to);
    } else if (type === frameType.settings) {
      throw new ProtocolError('SETTINGS came twice');
    } else {
      this.#session.frame(type, flags, stream, bytes, from, to);
    }
  }

  /** Has something to say in the end. What was said first counts. */
  say(reason: number, text: string): void {
    this.#lastWord ??= encodeGoAway(this.#session.lastAccepted, reason, text);
  }

  /** Gives the connection up, and says why. */
  fail(reason: number, text: string, cause?: unknown): void {
    if (this.#ended) return;
    this.say(reason, text);
    this.#session.lost(lost(text, cause));
  }

  /** Lets the peer send more on a stream. */
  credit(stream: number, bytes: number): void {
    if (this.#ended) return;
    const at = this.writer.begin(frameType.credit, 0, stream, 4);
    writeU32(this.writer.slab, at, bytes);
    this.writer.flush();
  }

  cancel(stream: number, reason: number): void {
    if (this.#ended) return;
    const at = this.writer.begin(frameType.cancel, 0, stream, 1);
    this.writer.slab[at] = reason;
    this.writer.flush();
  }

  /** Stops reading, sends what was written, hangs up; resolves when the socket is closed. */
  async end(): Promise<void> {
    const socket = this.#socket;
    if (!this.#ended) {
      this.#ended = true;
      this.liveness.stop();
      this.#reader.stop();
      if (!this.#server) this.writer.discard();
      if (this.#lastWord) this.writer.frame(frameType.goAway, 0, 0, this.#lastWord);
      this.writer.flushNow();
      this.writer.close();
      socket.off('data', this.#onData);
    }
    if (socket.closed) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    if (this.#silent) socket.destroy();
    else this.#hangUp();
    await closed;
  }

  #hangUp(): void {
    const socket = this.#socket;
    const timer = setTimeout(() => socket.destroy(), lastFrames).unref();
    socket.once('close', () => clearTimeout(timer));
    if (!socket.writableEnded) socket.end();
    // What is still unread would make the socket reset, and the last frames be lost.
    socket.resume();
  }

  #onPing(flags: number, bytes: Slab, from: number, to: number): void {
    if (to - from !== 8) throw new ProtocolError('a PING without 8 bytes');
    if ((flags & flag.ack) !== 0 || this.writer.unsent > pauseAbove) return;
    this.writer.frame(frameType.ping, flag.ack, 0, bytes, from, to);
    if (!this.#session.busy) this.#rest();
  }

  /** Thousands of idle connections must not hold a slab each. */
  #rest(): void {
    this.writer.flushNow();
    this.writer.rest();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.liveness.hear();
    try {
      this.#reader.read(chunk as Slab);
    } catch (error) {
      const text = error instanceof ProtocolError ? error.message : 'a frame cannot be read';
      this.fail(goAwayReason.protocol, text, error);
      return;
    }
    if (!this.#ended) this.#session.chunkRead(chunk.length);
  };

  readonly #onEnd = (): void => this.#session.lost(lost('the peer hung up'));
  readonly #onError = (cause: Error): void =>
    this.#session.lost(lost('the connection broke', cause));
  readonly #onClose = (): void => this.#session.lost(lost('the connection was closed'));

  readonly #watchOutput = (): void => {
    if (!this.#server || this.#ended) return;
    const { unsent } = this.writer;
    if (!this.#paused && unsent > pauseAbove) {
      this.#paused = true;
      this.#socket.pause();
      this.liveness.wake();
    } else if (this.#paused && unsent < resumeBelow) {
      this.#paused = false;
      this.#socket.resume();
    }
  };

  // What liveness watches.

  get busy(): boolean {
    return this.#session.busy || this.#socket.writableLength > 0;
  }

  get deaf(): boolean {
    return this.#paused;
  }

  stalled(): boolean {
    const { progressed } = this.writer;
    this.writer.progressed = false;
    return this.#socket.writableLength > 0 && !progressed;
  }

  ask(): void {
    this.writer.frame(frameType.ping, 0, 0, Buffer.alloc(8));
  }

  suspect(): void {
    this.#session.suspect(true);
  }

  recover(): void {
    this.#session.suspect(false);
  }

  lost(reason: string): void {
    this.#silent = true;
    this.#session.lost(lost(reason));
  }

  rest(): void {
    this.writer.rest();
  }
}
