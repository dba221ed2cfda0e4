import { MicroError } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { encodeRecord } from '@micro-ts/wire';
import type { ReportOnce } from '@micro-ts/wire';
import type { RemoteInfo } from 'node:dgram';
import type { Channel } from './channel.ts';
import { sameName } from './dns-names.ts';
import { nodeRecords } from './node-records.ts';
import type { NodeRecords, Place } from './node-records.ts';
import { askedIn, question, response } from './packet.ts';
import type { DnsPacket, DnsRecord } from './packet.ts';
import { answersTo } from './zone.ts';

/** A node of this process, and what is still to be said of it. */
interface Owned {
  readonly node: Node;
  readonly text: string;
  readonly records: NodeRecords;
  readonly timers: NodeJS.Timeout[];
  expiry: NodeJS.Timeout | undefined;
  announced: number;
  /** When it took the place of another record of the node, which may be on its way back still. */
  readonly changed: number;
}

/** Probes before a name counts as one's own, and the longest pause between them in ms. */
const probes = 3;
const probePause = 250;

/** When a new record is announced, in ms after its registration: packets get lost. */
const announcements = [0, 1_000, 3_000];

/** Least time between two announcements of a heartbeat, in ms (RFC 6762, 6). */
const quiet = 1_000;

/** How long after a change the record before it may still arrive, in ms. */
const echo = 2_000;

/** What a responder needs. */
export interface ResponderOptions {
  readonly channel: Pick<Channel, 'answer' | 'ask' | 'askingPort' | 'tell'>;
  readonly place: Place;
  /** Port of the group: askers with another one are told alone. */
  readonly port: number;
  readonly report: ReportOnce;
}

/** Answers for the nodes of this process, announces them, and takes leave of them. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #owned = new Map<string, Owned>();
  #closed = false;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** Answers for the node for `ttl` more ms, and says so now. */
  async register(node: Node, ttl: number): Promise<void> {
    if (this.#closed) throw new MicroError('unavailable', 'the registry is closed');
    const text = `${ttl} ${encodeRecord(node)}`;
    const known = this.#owned.get(node.id);
    const owned = known?.text === text ? known : this.#own(node, ttl, text, known);
    clearTimeout(owned.expiry);
    const expire = (): void => void this.deregister(node).catch(() => undefined);
    owned.expiry = setTimeout(expire, Math.min(ttl, 2 ** 31 - 1)).unref();
    if (owned === known && performance.now() - owned.announced < quiet) return;
    await this.#announce(owned);
  }

  /** Says that it is gone, and answers for it no more. */
  async deregister({ id }: Node): Promise<void> {
    const owned = this.#owned.get(id);
    if (owned === undefined) return;
    this.#owned.delete(id);
    forget(owned);
    await this.#options.channel.tell(response(recordsOf(owned.records).map(ended)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const leaving = [...this.#owned.values()].map(({ node }) => this.deregister(node));
    await Promise.allSettled(leaving);
  }

  /** Answers what it can of a question, and is silent otherwise. */
  answer(packet: DnsPacket, from: RemoteInfo): void {
    const { channel, place, port } = this.#options;
    if (from.port === channel.askingPort && (packet.authorities ?? []).length > 0) return;
    const all = [...this.#owned.values()];
    const owned = new Map(all.map(({ node, records }) => [records, node.service]));
    for (const asked of askedIn(packet)) {
      for (const records of answersTo(asked, packet.answers ?? [], owned, place)) {
        // Resolvers that have a port of their own hear nothing else; the rest of them want to learn
        // what others ask (RFC 6762, 5.4 and 6.7). In what goes to all there is no question.
        const alone = from.port !== port || asked.unicast;
        const sent = alone
          ? channel.answer(response(records, { asked, id: packet.id }), from)
          : channel.tell(response(records));
        sent.catch(() => undefined); // Whoever asked will ask again.
      }
    }
  }

  /** Looks for others that use the id of a node of this process. */
  compare(name: string, key: string): void {
    for (const { node, records, changed } of this.#owned.values()) {
      if (!sameName(records.instance, name) || key === records.key) continue;
      if (performance.now() - changed < echo) continue;
      const message = 'another node in the network has the id of one of ours';
      this.#options.report.warn(`id ${node.id}`, message, { id: node.id });
    }
  }

  #own(node: Node, ttl: number, text: string, known: Owned | undefined): Owned {
    const { place, report } = this.#options;
    const records = nodeRecords(node, ttl, place);
    if (records.without !== 'nothing') {
      const message = `a record is too large for mdns and is told without its ${records.without}`;
      report.warn(`size ${node.service}`, message, { service: node.service });
    }
    if (known !== undefined) forget(known);
    const changed = known === undefined ? -Infinity : performance.now();
    const owned: Owned = {
      node,
      text,
      records,
      timers: [],
      expiry: undefined,
      announced: -Infinity,
      changed,
    };
    this.#owned.set(node.id, owned);
    const later = (ms: number, say: () => Promise<void>): void =>
      void owned.timers.push(setTimeout(() => void say().catch(() => undefined), ms).unref());
    for (const ms of announcements) if (ms > 0) later(ms, () => this.#announce(owned));
    for (let i = 0, ms = 0; i < probes && known === undefined; i += 1) {
      later(ms, () => this.#probe(owned.records));
      ms += Math.random() * probePause;
    }
    return owned;
  }

  #announce(owned: Owned): Promise<void> {
    owned.announced = performance.now();
    return this.#options.channel.tell(response(recordsOf(owned.records)));
  }

  /**
   * Asks whether somebody else has the name. The record is announced all the same: ids are unique, and
   * where they are not the log says so.
   */
  #probe({ instance, srv, txt }: NodeRecords): Promise<void> {
    return this.#options.channel.ask(question(instance, 'ANY', [srv, txt]));
  }
}

const recordsOf = ({ srv, host, txt }: NodeRecords): DnsRecord[] => [srv, host, txt];

/** The record as it is told when it is gone. */
const ended = (record: DnsRecord): DnsRecord => ({ ...record, ttl: 0 });

function forget({ timers, expiry }: Owned): void {
  for (const timer of timers) clearTimeout(timer);
  clearTimeout(expiry);
}
