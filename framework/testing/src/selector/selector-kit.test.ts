import type { Candidate, Selector } from '@micro-ts/interface';
import { runKit } from '../kit-run.ts';
import { selectorKit } from './selector-kit.ts';

const at = (candidates: readonly Candidate[], index: number): Candidate => {
  const found = candidates[index];
  if (found === undefined) throw new Error('no candidate');
  return found;
};
const random = (): Selector => ({
  select: (candidates) => at(candidates, Math.floor(Math.random() * candidates.length)),
});

describe('a selector that keeps the contract', () => {
  selectorKit({ it, selector: random });
});

describe('selectors that do not are found out', () => {
  const broken: Record<string, [() => Selector, RegExp]> = {
    'always the first': [() => ({ select: (all) => at(all, 0) }), /alike/],
    'a copy of a candidate': [() => ({ select: (all) => ({ ...at(all, 0) }) }), /one of/],
    'two of one': [() => ({ select: (all) => at(all, all.length > 1 ? 0 : 1) }), /single/],
    'sorts in place': [
      () => ({
        select: (all) =>
          at(
            (all as Candidate[]).sort(() => -1),
            0,
          ),
      }),
      /left as they were/,
    ],
    'remembers the set': [
      () => {
        let known: readonly Candidate[] | undefined;
        return { select: (all) => at((known ??= all), 0) };
      },
      /followed at once|take turns/,
    ],
  };
  it.each(Object.entries(broken))('%s', async (_name, [selector, sentence]) => {
    const { failed } = await runKit((its) => selectorKit({ it: its, selector }), sentence);
    expect(failed.size).toBeGreaterThan(0);
  });
});
