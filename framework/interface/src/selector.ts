import type { Call } from './call.ts';
import type { Node } from './node.ts';

/** A node as this client sees it. Core keeps the figures, so that no selector has to. */
export interface Candidate {
  readonly node: Node;
  /** Calls of this client that are running there. */
  readonly inFlight: number;
  /** Moving average of its answers, in ms; 0 before the first. */
  readonly latency: number;
}

/**
 * Chooses a node for a call. It knows no registry and no failures: nodes that are ejected, suspect,
 * draining, or excluded by a filter are not among the candidates.
 */
export interface Selector {
  /** @param candidates at least one; the same array for as long as the set stays the same. */
  select(candidates: readonly Candidate[], call: Call): Candidate;
}
