import assert from 'node:assert/strict';
import { metadata } from '@micro-ts/interface';
import type { Candidate } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import type { SelectorScene } from './options.ts';

/** Nodes that nobody may change: selectors share them. */
function candidates(count: number, inFlight = (_at: number): number => 0): readonly Candidate[] {
  const make = (_none: unknown, at: number): Candidate => {
    const node = {
      id: `node-${at}`,
      service: 'kit',
      version: '1.0.0',
      address: `127.0.0.1:${10_000 + at}`,
      metadata: metadata({ zone: at % 2 === 0 ? 'a' : 'b' }),
      endpoints: [],
    };
    return Object.freeze({ node: Object.freeze(node), inFlight: inFlight(at), latency: at });
  };
  return Object.freeze(Array.from({ length: count }, make));
}

/** Most that 2,000 choices of 1,000 nodes may take, in ms: far more than hashing them all takes. */
const longest = 4_000;

/** What a selector does with its candidates. */
export const choices: Clauses<SelectorScene> = {
  'the choice is one of the candidates, and they are left as they were': async (scene) => {
    for (const count of [2, 3, 5, 16]) {
      const given = candidates(count, (at) => at * 3);
      for (let at = 0; at < 200; at += 1) {
        const chosen = scene.selector.select(given, scene.call(at));
        const told = 'select returns one of the candidates that it was given, itself.';
        assert.ok(given.includes(chosen), told);
      }
    }
  },

  'a single candidate is chosen, however busy it is': async ({ selector, call }) => {
    for (const inFlight of [0, 1_000_000]) {
      const given = candidates(1, () => inFlight);
      const chosen = selector.select(given, call(0));
      assert.ok(chosen === given[0], 'A single candidate is chosen, whatever its figures.');
    }
  },

  'candidates that are alike all get calls': async ({ selector, call }) => {
    const given = candidates(10);
    const counts = new Map<string, number>();
    for (let at = 0; at < 5_000; at += 1) {
      const { id } = selector.select(given, call(at)).node;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const { node } of given) {
      const count = counts.get(node.id) ?? 0;
      const told = `Of 5,000 calls to ten nodes that are alike, each gets some: ${count} is too few.`;
      assert.ok(count >= 50, told);
    }
  },

  'a set that changes is followed at once': async ({ selector, call }) => {
    const sets = [candidates(7), candidates(2), candidates(1), candidates(30), candidates(3)];
    for (let at = 0; at < 500; at += 1) {
      const given = sets[at % sets.length] ?? [];
      const chosen = selector.select(given, call(at));
      assert.ok(given.includes(chosen), 'A candidate of an earlier set is never chosen.');
    }
  },

  'a thousand candidates are no trouble': async ({ selector, call }) => {
    const given = candidates(1_000, (at) => at % 7);
    const calls = Array.from({ length: 100 }, (_none, at) => call(at));
    const start = performance.now();
    for (let at = 0; at < 2_000; at += 1) {
      const one = calls[at % calls.length];
      if (one !== undefined) assert.ok(selector.select(given, one).node.id.length > 0);
    }
    const took = performance.now() - start;
    const told = `A choice of 1,000 candidates is quick: 2,000 took ${Math.round(took)} ms.`;
    assert.ok(took < longest, told);
  },

  'two services that take turns do not mix': async ({ selector, call }) => {
    const [one, other] = [candidates(3), candidates(4)];
    for (let at = 0; at < 100; at += 1) {
      assert.ok(one.includes(selector.select(one, call(at))), 'Services do not mix.');
      assert.ok(other.includes(selector.select(other, call(at))), 'Services do not mix.');
    }
  },
};
