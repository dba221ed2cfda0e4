import { MicroError } from '@micro-ts/interface';
import type { Candidate, Connection, Node, Transport } from '@micro-ts/interface';
import { backOff } from './keep.ts';

/**
 * `ready`, or why it is not chosen: it does not answer (`suspect`), takes no new calls (`draining`), or
 * could not be reached (`ejected`).
 */
export type PeerState = 'ready' | 'suspect' | 'draining' | 'ejected';

/** How long a node that drained but stays registered is left alone, in ms. */
const drainPause = 5_000;

/**
 * A node as this client sees it: the one home of its connection, its load and its health. An error
 * that a handler threw says nothing about it; only its connection does.
 */
export class Peer implements Candidate {
  node: Node;
  inFlight = 0;
  latency = 0;
  state: PeerState = 'ready';
  /** The one for new calls, if it is open. */
  connection: Connection | undefined = undefined;
  readonly #transport: Transport;
  readonly #changed: () => void;
  /** All that are open: one that drains goes on until its calls are answered. */
  readonly #open = new Set<Connection>();
  #connecting: Promise<Connection> | undefined = undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined = undefined;
  #retired = false;
  #lastReason: unknown = undefined;

  constructor(node: Node, transport: Transport, changed: () => void) {
    this.node = node;
    this.#transport = transport;
    this.#changed = changed;
  }

  /** One attempt for all who ask. While the node is ejected it fails at once, without an attempt. */
  connect(): Promise<Connection> {
    if (this.connection !== undefined) return Promise.resolve(this.connection);
    if (this.#connecting !== undefined) return this.#connecting;
    if (this.state === 'ejected') return Promise.reject(this.#unreachable());
    return this.#dial();
  }

  /** One call more. */
  begin(): void {
    this.inFlight++;
  }

  /** One call less. @param ms how long an answer took; `undefined` if there was none. */
  done(ms: number | undefined): void {
    this.inFlight--;
    if (ms !== undefined) this.latency += (ms - this.latency) * (this.latency === 0 ? 1 : 0.1);
    if (this.#retired && this.inFlight === 0) void this.#closeAll();
  }

  /** It left the registry: what runs may end, then its connections close. */
  retire(): void {
    this.#retired = true;
    clearTimeout(this.#timer);
    if (this.inFlight === 0) void this.#closeAll();
  }

  async close(): Promise<void> {
    this.#retired = true;
    clearTimeout(this.#timer);
    await this.#connecting?.catch(() => undefined);
    await this.#closeAll();
  }

  #dial(): Promise<Connection> {
    const attempt = this.#attempt().finally(() => (this.#connecting = undefined));
    this.#connecting = attempt;
    return attempt;
  }

  async #attempt(): Promise<Connection> {
    try {
      const connection = await this.#transport.connect(this.node);
      this.#opened(connection);
      return connection;
    } catch (error) {
      this.#eject(error);
      throw this.#unreachable();
    }
  }

  #opened(connection: Connection): void {
    this.#open.add(connection);
    this.connection = connection;
    this.#enter('ready');
    const opened = performance.now();
    const gone = (reason: unknown): void => {
      this.#open.delete(connection);
      if (performance.now() - opened > 1_000) this.#failures = 0;
      if (this.connection !== connection) return;
      this.connection = undefined;
      if (reason === undefined) this.#enter('ready');
      else this.#eject(reason);
    };
    void connection.closed.then(gone, gone);
    connection.onState?.((state) => {
      if (this.connection !== connection) return;
      if (state === 'draining') this.#drain();
      else this.#enter(state);
    });
    if (this.#retired && this.inFlight === 0) void this.#closeAll();
  }

  /** The connection ends what runs on it and goes by itself; a later one may be another story. */
  #drain(): void {
    this.connection = undefined;
    this.#enter('draining');
    this.#after(drainPause, () => {
      if (this.state === 'draining') this.#enter('ready');
    });
  }

  #eject(reason: unknown): void {
    this.#lastReason = reason;
    this.#enter('ejected');
    const attempt = this.#failures++;
    this.#after(10 + backOff(attempt, 5_000), () => void this.#dial().catch(() => undefined));
  }

  #after(ms: number, work: () => void): void {
    clearTimeout(this.#timer);
    if (this.#retired) return;
    this.#timer = setTimeout(work, ms);
    this.#timer.unref();
  }

  #enter(state: PeerState): void {
    if (this.state === state) return;
    this.state = state;
    this.#changed();
  }

  async #closeAll(): Promise<void> {
    this.connection = undefined;
    await Promise.allSettled([...this.#open].map(async (connection) => connection.close()));
  }

  #unreachable(): MicroError {
    const { service, address } = this.node;
    const cause = this.#lastReason;
    const why = cause instanceof MicroError ? `: ${cause.message}` : '';
    const text = `${service === '' ? '' : `${service} at `}${address} cannot be reached${why}`;
    return new MicroError('unavailable', text, { refused: true, cause });
  }
}
