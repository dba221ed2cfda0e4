import { closable } from '@micro-ts/interface';
import type { Closable, Losable, RegistryListener } from '@micro-ts/interface';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { ask } from './ask.ts';
import type { Asking } from './ask.ts';
import type { Change, Feed } from './feed.ts';
import { decodeHeartbeat } from './heartbeat.ts';
import { Sightings } from './sightings.ts';

/** Nodes of go-micro, whose hearts do not beat for us, are asked for so often, in ms. */
const askEvery = 10_000;
/** Longest pause until a node is asked for that we should know, in ms: not everybody at once. */
const spread = 250;
/** Such a question is asked at most so often, in ms. */
const askAgain = 1_000;

/** Follows the nodes of one service, or of all. */
export class Watch {
  readonly #asking: Asking;
  readonly #service: string | undefined;
  readonly #listener: RegistryListener;
  readonly #sightings: Sightings;
  readonly #losable: Losable;
  readonly #subscriptions: readonly Subscription[];
  #expiry: NodeJS.Timeout | undefined;
  #question: NodeJS.Timeout | undefined;
  #telling: NodeJS.Immediate | undefined;
  #asked = -Infinity;
  #due = Infinity;
  #open = true;
  /** What changes before all was told once is told with it. */
  #told = false;

  constructor(asking: Asking, feed: Feed, listener: RegistryListener, service?: string) {
    this.#asking = asking;
    this.#listener = listener;
    this.#service = service;
    this.#sightings = new Sightings(service);
    const silence = feed.listen((change) => this.#apply(change));
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) this.#beat(message);
    };
    const { link, families } = asking;
    this.#subscriptions = families.map((family) =>
      link.subscribe(family.alive(service), { callback }),
    );
    this.#losable = link.attach(
      closable(() => {
        this.#open = false;
        silence();
        for (const subscription of this.#subscriptions) subscription.unsubscribe();
        clearTimeout(this.#expiry);
        clearTimeout(this.#question);
        clearImmediate(this.#telling);
      }),
    );
  }

  /** Resolves when the listener was told all there is. */
  async start(): Promise<Closable> {
    const { link, families } = this.#asking;
    try {
      const answers = ask(this.#asking, this.#service);
      await Promise.all([answers, ...families.map(({ watch }) => link.flush(watch))]);
      for (const { node, mark } of await answers) this.#sightings.see(node, mark);
    } catch (error) {
      await this.#losable.close();
      throw error;
    }
    this.#listener(this.#sightings.news() ?? new Map());
    this.#told = true;
    this.#asked = performance.now();
    this.#askIn(askAgain); // those who are too busy to answer in time
    this.#tell();
    return this.#losable;
  }

  #apply({ gone, nodes, mark }: Change): void {
    for (const node of nodes) {
      if (gone) this.#sightings.forget(node.service, node.id);
      else this.#sightings.see(node, mark);
    }
    this.#tell();
  }

  #beat(message: Msg): void {
    const heartbeat = decodeHeartbeat(message.string());
    if (heartbeat === undefined) return this.#asking.garbage('a heartbeat');
    if (!this.#sightings.beat(heartbeat)) this.#askIn(Math.random() * spread);
  }

  /** Tells what changed in this turn at once, and looks when to look again. */
  #tell(): void {
    if (!this.#told || !this.#open) return;
    this.#telling ??= setImmediate(() => {
      this.#telling = undefined;
      const { next, foreign } = this.#sightings.expire();
      clearTimeout(this.#expiry);
      if (next !== Infinity) this.#expiry = setTimeout(() => this.#tell(), next + 1).unref();
      if (foreign) this.#askIn(askEvery);
      const news = this.#sightings.news();
      if (news !== undefined) this.#listener(news);
    });
  }

  /** A question that is due earlier takes the place of one that is due later. */
  #askIn(ms: number): void {
    if (!this.#told || !this.#open) return;
    const due = Math.max(performance.now() + ms, this.#asked + askAgain);
    if (this.#question !== undefined && this.#due <= due) return;
    clearTimeout(this.#question);
    this.#due = due;
    this.#question = setTimeout(() => void this.#ask(), due - performance.now()).unref();
  }

  async #ask(): Promise<void> {
    this.#question = undefined;
    this.#asked = performance.now();
    try {
      const answers = await ask(this.#asking, this.#service);
      for (const { node, mark } of answers) this.#sightings.see(node, mark);
      this.#sightings.missed(new Set(answers.map(({ node }) => node.id)));
    } catch {
      return; // the connection died, and the watch with it
    }
    this.#tell();
  }
}
