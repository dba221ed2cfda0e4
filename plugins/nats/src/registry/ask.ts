import { setTimeout as pause } from 'node:timers/promises';
import type { Node } from '@micro-ts/interface';
import { decodeRecord, encodeRegistryQuery } from '@micro-ts/wire';
import type { Msg, Subscription } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';
import { readMark, readPart } from './heartbeat.ts';
import type { Mark } from './heartbeat.ts';
import type { Family } from './subjects.ts';

/** Answers are waited for until none came for so long, in ms: as long as go-micro waits in all. */
const quiet = 100;
/** Those who said that more is to come are waited for so long, in ms; and nobody any longer. */
const patience = 1_000;
/** Longest wait in all, in ms, while answers keep coming. */
const longest = 4_000;
/** Of the time that a verb has, this much is spent on answers, so that those which came are told. */
const share = 0.9;
/** Most answers that are read. */
const mostAnswers = 100_000;

/** What an asker has at hand. */
export interface Asking {
  readonly link: NatsLink;
  readonly families: readonly Family[];
  /** Longest that a verb may take, in ms. */
  readonly limit: number;
  /** Told of what cannot be read. */
  garbage(subject: string): void;
}

/** A node that somebody has registered. */
export interface Answer {
  readonly node: Node;
  readonly mark: Mark | undefined;
}

/** A question to all processes for the nodes of a service, or for all. It hears until it is closed. */
export class Question {
  readonly #asking: Asking;
  readonly #service: string | undefined;
  readonly #tell: (answer: Answer) => void;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  /** Who has begun to answer, and not ended. */
  readonly #unfinished = new Set<string>();
  #answers = 0;
  #nobody = 0;
  #last = 0;
  #failed: Error | undefined;

  /** @param tell is told each answer at once, also those that come late */
  constructor(asking: Asking, service: string | undefined, tell: (answer: Answer) => void) {
    this.#asking = asking;
    this.#service = service;
    this.#tell = tell;
    this.#inbox = asking.link.inbox();
    const callback = (error: Error | null, message: Msg): void => this.#hear(error, message);
    this.#subscription = asking.link.subscribe(this.#inbox, { callback });
  }

  /**
   * Asks, and resolves when those have answered who can be waited for. There is no telling who will,
   * so it takes 100 ms, or two round trips to a server that is further away; only where nobody listens
   * at all, the server says so at once.
   */
  async ask(): Promise<void> {
    const { link, families, limit } = this.#asking;
    const question = encodeRegistryQuery(this.#service);
    const began = performance.now();
    const sent = families.map(({ query }) => link.publish(query, question, { reply: this.#inbox }));
    await Promise.all(sent);
    const start = (this.#last = performance.now());
    // Others may be as far from the server as we are.
    const first = start + Math.min(2 * (start - began), patience);
    const end = Math.min(start + longest, began + limit * share);
    while (this.#failed === undefined && this.#nobody < families.length) {
      const enough = this.#last + (this.#unfinished.size === 0 ? quiet : patience);
      const left = Math.min(Math.max(first, enough), end) - performance.now();
      if (left <= 0) break;
      await link.orLost(pause(Math.min(left, quiet)));
    }
    if (this.#failed !== undefined) throw link.error(this.#failed);
  }

  close(): void {
    this.#subscription.unsubscribe();
  }

  #hear(error: Error | null, message: Msg): void {
    if (error !== null) return void (this.#failed = error);
    if (message.data.length === 0 && message.headers?.code === 503) return void (this.#nobody += 1);
    this.#last = performance.now();
    const part = readPart(message);
    if (part !== undefined) {
      if (part.left > 0) this.#unfinished.add(part.from);
      else this.#unfinished.delete(part.from);
    }
    for (const answer of this.#read(message)) {
      if (this.#answers < mostAnswers) this.#tell(answer);
      this.#answers += 1;
    }
  }

  #read(message: Msg): readonly Answer[] {
    try {
      const mark = readMark(message);
      const nodes = decodeRecord(message.string());
      const wanted = nodes.filter(
        ({ service }) => this.#service === undefined || service === this.#service,
      );
      return wanted.map((node) => ({ node, mark }));
    } catch {
      this.#asking.garbage('an answer to a question');
      return [];
    }
  }
}

/** Asks once: who has answered by then is all there is. */
export async function ask(asking: Asking, service?: string): Promise<readonly Node[]> {
  const nodes = new Map<string, Node>();
  const question = new Question(asking, service, ({ node }) => nodes.set(node.id, node));
  try {
    await question.ask();
    return [...nodes.values()];
  } finally {
    question.close();
  }
}
