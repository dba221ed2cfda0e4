import { closable } from '@micro-ts/interface';
import type { Closable, Losable, RegistryListener } from '@micro-ts/interface';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { Question } from './ask.ts';
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
/** Answers to a question are news for so long, in ms, or until the next one has been answered. */
const lateness = 10_000;

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
  readonly #questions = new Set<Question>();
  #telling: NodeJS.Immediate | undefined;
  #late: NodeJS.Timeout | undefined;
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
        clearTimeout(this.#late);
        this.#hearNoMore(this.#questions);
      }),
    );
  }

  /** Resolves when the listener was told all that is known by then; who answers later is news. */
  async start(): Promise<Closable> {
    const { link, families } = this.#asking;
    try {
      const answers = this.#answers();
      await Promise.all([answers, ...families.map(({ watch }) => link.flush(watch))]);
    } catch (error) {
      await this.#losable.close();
      throw error;
    }
    this.#listener(this.#sightings.news() ?? new Map());
    this.#told = true;
    this.#asked = performance.now();
    this.#askIn(askAgain); // those whose servers did not know of us yet, and of whom we did not hear
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
      this.#sightings.missed(await this.#answers());
    } catch {
      return; // the connection died, and the watch with it
    }
    this.#tell();
  }

  /** Asks; who answers is seen at once. @returns ids of those who did so in time */
  async #answers(): Promise<ReadonlySet<string>> {
    const before = [...this.#questions];
    const seen = new Set<string>();
    const question = new Question(this.#asking, this.#service, ({ node, mark }) => {
      seen.add(node.id);
      this.#sightings.see(node, mark);
      this.#tell();
    });
    this.#questions.add(question);
    try {
      await question.ask();
    } catch (error) {
      this.#hearNoMore([question]);
      throw error;
    }
    this.#hearNoMore(before);
    clearTimeout(this.#late);
    if (this.#open) {
      this.#late = setTimeout(() => this.#hearNoMore([question]), lateness).unref();
    }
    return seen;
  }

  #hearNoMore(questions: Iterable<Question>): void {
    for (const question of questions) {
      question.close();
      this.#questions.delete(question);
    }
  }
}
