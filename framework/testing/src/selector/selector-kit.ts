import type { Call } from '@micro-ts/interface';
import { registerClauses } from '../clause.ts';
import { choices } from './choices.ts';
import type { SelectorKit, SelectorScene } from './options.ts';
import { sampleCall } from './sample-call.ts';

/**
 * The contract of selectors, as tests.
 * @example selectorKit({ it, selector: () => leastInFlight() });
 */
export function selectorKit(kit: SelectorKit): void {
  const { metadata = (at: number) => ({ key: `key-${at}` }) } = kit;
  registerClauses(kit.it, choices, async (): Promise<SelectorScene> => {
    const call = (at: number): Call => sampleCall({ n: at }, metadata(at));
    return { selector: kit.selector(), call };
  });
}
