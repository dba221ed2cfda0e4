import { closable } from '@micro-ts/interface';
import type { Losable } from '@micro-ts/interface';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConsulLink } from './link.ts';
import type { Answer } from './requests.ts';

/** How long Consul holds an answer in which nothing is new, in ms. It adds up to a sixteenth. */
const wait = 60_000;

/** Longest pause between two answers, in ms. Small answers need none. */
const longestPause = 100;

/**
 * Follows one address of Consul by blocking queries: tells its answer before this resolves, and then
 * each that may be another. Where one is large, changes that come while it is read are told together.
 * @param tell may reject; then it is lost.
 * @param filter of what the answer holds; Consul answers when something of the rest changes too.
 */
export async function follow(
  link: ConsulLink,
  path: string,
  tell: (answer: Answer) => void | Promise<void>,
  filter?: string,
): Promise<Losable> {
  const filtered = filter === undefined ? {} : { filter };
  const first = await link.ask({ path, query: filtered });
  await tell(first);
  const ends = new AbortController();
  const { signal } = ends;
  const run = async (): Promise<void> => {
    for (let { index } = first; !signal.aborted;) {
      const query = { ...filtered, index: Math.max(1, index), wait: `${wait}ms` };
      const patience = wait + wait / 16 + link.patience;
      const answer = await link.hang({ path, query, patience, signal });
      if (signal.aborted) return;
      const began = performance.now();
      if (answer.index !== index) await tell(answer);
      // An index that went back is that of a Consul which has lost what it knew.
      index = answer.index < index ? 0 : answer.index;
      await pause(Math.min(longestPause, performance.now() - began), undefined, { signal });
    }
  };
  const followed = closable(() => ends.abort());
  run().catch(followed.lose);
  return followed;
}
