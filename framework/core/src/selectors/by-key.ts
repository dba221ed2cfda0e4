import type { Call, Candidate, Selector } from '@micro-ts/interface';

/**
 * The same node for the same key, for as long as that node is there; when a node goes, only its keys
 * move. Rendezvous hashing (Thaler and Ravishankar, 1998) over FNV-1a.
 * @param key of a call; `undefined` leaves the choice to `otherwise`.
 */
export function byKey(key: (call: Call) => string | undefined, otherwise: Selector): Selector {
  return {
    select(candidates, call) {
      const wanted = key(call);
      if (wanted === undefined) return otherwise.select(candidates, call);
      let best = candidates[0] as Candidate;
      let most = -1;
      for (const candidate of candidates) {
        const score = hash(`${wanted} ${candidate.node.id}`);
        if (score > most) [best, most] = [candidate, score];
      }
      return best;
    },
  };
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  return (value ^ (value >>> 16)) >>> 0;
}
