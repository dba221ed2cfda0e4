import type { Candidate, Selector } from '@micro-ts/interface';

/**
 * The default: of two random nodes, the one with fewer calls of ours running. Nodes that are slow or
 * frozen fill up and are left alone, without anybody measuring them.
 */
export const leastInFlight: Selector = {
  select(candidates) {
    const { length } = candidates;
    if (length === 1) return candidates[0] as Candidate;
    const at = Math.floor(Math.random() * length);
    const other = (at + 1 + Math.floor(Math.random() * (length - 1))) % length;
    const [a, b] = [candidates[at] as Candidate, candidates[other] as Candidate];
    return b.inFlight < a.inFlight ? b : a;
  },
};
