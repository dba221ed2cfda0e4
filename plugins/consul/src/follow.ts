import { closable, MicroError } from '@micro-ts/interface';
import type { Losable } from '@micro-ts/interface';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConsulLink } from './link.ts';
import type { Answer } from './requests.ts';

/** How long Consul holds an answer in which nothing is new, in ms. It adds up to a sixteenth. */
const wait = 60_000;

/**
 * Longest pause between two answers, in ms. Small answers need none; one that was not waited for, and in
 * which nothing is new, does: whoever stands there does not hold answers back.
 */
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
  checkIndex(link, first);
  await tell(first);
  const ends = new AbortController();
  const { signal } = ends;
  const run = async (): Promise<void> => {
    for (let { index } = first; !signal.aborted;) {
      const query = { ...filtered, index: Math.max(1, index), wait: `${wait}ms` };
      const patience = wait + wait / 16 + link.patience;
      const answer = await link.hang({ path, query, patience, signal });
      if (signal.aborted) return;
      checkIndex(link, answer);
      const began = performance.now();
      const isNews = answer.index !== index;
      if (isNews) await tell(answer);
      // An index that went back is that of a Consul which has lost what it knew.
      index = answer.index < index ? 0 : answer.index;
      const rest = isNews ? Math.min(longestPause, performance.now() - began) : longestPause;
      await pause(rest, undefined, { signal });
    }
  };
  const followed = closable(() => ends.abort());
  run().catch(followed.lose);
  return followed;
}

/** Without an index each question is answered at once, and nothing can be waited for. */
function checkIndex({ place }: ConsulLink, { index }: Answer): void {
  if (index >= 0) return;
  const why = `${place.name} answers without X-Consul-Index: is consul.address that of Consul?`;
  throw new MicroError('unavailable', why);
}
