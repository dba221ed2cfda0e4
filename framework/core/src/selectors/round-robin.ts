import type { Candidate, Selector } from '@micro-ts/interface';

/** Each node in turn, whatever it has to do. Each set of candidates has a turn of its own. */
export function roundRobin(): Selector {
  const turns = new WeakMap<readonly Candidate[], number>();
  return {
    select(candidates) {
      const turn = turns.get(candidates) ?? Math.floor(Math.random() * candidates.length);
      turns.set(candidates, turn + 1);
      return candidates[turn % candidates.length] as Candidate;
    },
  };
}
