import { setTimeout as pause } from 'node:timers/promises';
import type { Node } from '@micro-ts/interface';
import { decodeRecord, encodeRegistryQuery } from '@micro-ts/wire';
import type { Msg } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';
import { readMark, readPart } from './heartbeat.ts';
import type { Mark } from './heartbeat.ts';
import type { Family } from './subjects.ts';

/** Answers are waited for until none came for so long, in ms: as long as go-micro waits in all. */
const quiet = 100;
/** Those who said that more is to come are waited for so long, in ms. */
const patience = 1_000;
/** Longest wait in all, in ms, while answers keep coming. */
const longest = 4_000;
/** Most answers that are read. */
const mostAnswers = 100_000;

/** What an asker has at hand. */
export interface Asking {
  readonly link: NatsLink;
  readonly families: readonly Family[];
  /** Told of what cannot be read. */
  garbage(subject: string): void;
}

/** A node that somebody has registered. */
export interface Answer {
  readonly node: Node;
  readonly mark: Mark | undefined;
}

/**
 * Asks all processes for the nodes of a service, or for all. There is no telling who will answer, so
 * it takes 100 ms; only where nobody listens at all, the server says so at once.
 */
export async function ask(asking: Asking, service?: string): Promise<readonly Answer[]> {
  const { link, families } = asking;
  const answers = new Map<string, Answer>();
  const unfinished = new Set<string>();
  let nobody = 0;
  let last = 0;
  let failed: Error | undefined;
  const heard = (error: Error | null, message: Msg): void => {
    if (error !== null) return void (failed = error);
    if (message.data.length === 0 && message.headers?.code === 503) return void (nobody += 1);
    if (answers.size < mostAnswers) read(asking, message, service, answers);
    const part = readPart(message);
    if (part !== undefined) {
      if (part.left > 0) unfinished.add(part.from);
      else unfinished.delete(part.from);
    }
    last = performance.now();
  };
  const inbox = link.inbox();
  const subscription = link.subscribe(inbox, { callback: heard });
  try {
    const question = encodeRegistryQuery(service);
    await Promise.all(families.map(({ query }) => link.publish(query, question, { reply: inbox })));
    const start = (last = performance.now());
    while (failed === undefined && nobody < families.length) {
      const now = performance.now();
      const enough = unfinished.size === 0 ? quiet : patience;
      const left = Math.min(last + enough, start + longest) - now;
      if (left <= 0) break;
      await link.orLost(pause(Math.min(left, quiet)));
    }
  } finally {
    subscription.unsubscribe();
  }
  if (failed !== undefined) throw link.error(failed);
  return [...answers.values()];
}

function read(
  { garbage }: Asking,
  message: Msg,
  service: string | undefined,
  answers: Map<string, Answer>,
): void {
  try {
    const mark = readMark(message);
    for (const node of decodeRecord(message.string())) {
      if (service === undefined || node.service === service) answers.set(node.id, { node, mark });
    }
  } catch {
    garbage('an answer to a question');
  }
}
