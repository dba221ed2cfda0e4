import { closable } from '@micro-ts/interface';
import type { Closable, RegistryListener } from '@micro-ts/interface';
import type { Heard, MdnsLink } from './link.ts';
import { note } from './lookup.ts';
import { NodesSeen, refreshAfter } from './nodes-seen.ts';

/** Pauses between the first rounds of questions, in ms, since packets get lost; then always `period`. */
const early = [1_000, 2_000];
const period = 60_000;

/** Most services that are asked for in one round. */
const most = 1_000;

/**
 * A watch: what answers, what is announced, what takes leave and what falls silent, of one service or
 * of all. It asks again for what is about to run out, so that only the dead do.
 */
export class Browser {
  readonly #link: MdnsLink;
  readonly #listener: RegistryListener;
  readonly #service: string | undefined;
  readonly #seen = new NodesSeen();
  /** Services that were asked for in this round. */
  readonly #asked = new Set<string>();
  #open = false;
  #rounds = 0;
  #nextRound = 0;
  #planned = Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(link: MdnsLink, listener: RegistryListener, service?: string) {
    this.#link = link;
    this.#listener = listener;
    this.#service = service;
  }

  /** Resolves when the listener was told all there is. */
  async start(): Promise<Closable> {
    const link = this.#link;
    const stop = link.hear((heard) => this.#hear(heard));
    const watch = closable(() => {
      stop();
      clearTimeout(this.#timer);
      this.#open = false;
    });
    try {
      await this.#round();
      await link.pause();
      // What is listed is asked for when it is heard of, and answers a moment later.
      if (this.#service === undefined) await link.pause();
    } catch (error) {
      await watch.close();
      throw error;
    }
    this.#open = true;
    link.hold(watch);
    this.#plan();
    const services = this.#service === undefined ? this.#seen.services() : [this.#service];
    this.#listener(new Map(services.map((name) => [name, this.#seen.of(name)])));
    return watch;
  }

  #hear(heard: Heard): void {
    const changed = note(this.#link, this.#seen, heard, this.#service);
    if (this.#service === undefined) for (const service of heard.services) this.#ask(service);
    if (!this.#open) return;
    const soonest = Math.min(...heard.sightings.map(({ ttl }) => refreshAfter(ttl)));
    if (performance.now() + soonest < this.#planned) this.#plan();
    this.#tell(changed);
  }

  #tell(changed: ReadonlySet<string>): void {
    const mine = [...changed].filter((name) => (this.#service ?? name) === name);
    if (mine.length > 0) this.#listener(new Map(mine.map((name) => [name, this.#seen.of(name)])));
  }

  /** Asks for all again; resolves when the first question is sent. */
  async #round(): Promise<void> {
    this.#nextRound = performance.now() + (early[this.#rounds] ?? period);
    this.#rounds += 1;
    this.#asked.clear();
    const { ask, names } = this.#link;
    if (this.#service !== undefined) return ask(names.service(this.#service));
    const listed = ask(names.listing);
    for (const service of this.#seen.services()) this.#ask(service);
    return listed;
  }

  /** What fails here is asked again in the next round. */
  #ask(service: string): void {
    if (this.#asked.has(service) || this.#asked.size >= most) return;
    this.#asked.add(service);
    const { ask, names } = this.#link;
    void (async () => ask(names.service(service)))().catch(() => undefined);
  }

  #turn(): void {
    const { network, lose } = this.#link;
    if (!network.isThere()) return lose('the network interface is gone');
    const { stale, changed } = this.#seen.turn(performance.now());
    this.#asked.clear();
    if (performance.now() >= this.#nextRound) void this.#round().catch(() => undefined);
    for (const service of stale) this.#ask(service);
    this.#plan();
    this.#tell(changed);
  }

  #plan(): void {
    this.#planned = Math.min(this.#nextRound, this.#seen.due);
    clearTimeout(this.#timer);
    const pause = Math.max(1, this.#planned - performance.now());
    this.#timer = setTimeout(() => this.#turn(), pause).unref();
  }
}
