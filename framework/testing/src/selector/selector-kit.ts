import type { Call, MetadataSource, Selector } from '@micro-ts/interface';
import { registerClauses } from '../clause.ts';
import type { It } from '../clause.ts';
import { choices } from './choices.ts';
import { sampleCall } from './sample-call.ts';

/** What {@link selectorKit} is given. */
export interface SelectorKit {
  readonly it: It;
  /** Called for each test. */
  readonly selector: () => Selector;
  /**
   * Metadata of the call with this number, for selectors that look at it. Default: a key `key` that
   * is another for each.
   */
  readonly metadata?: (at: number) => MetadataSource;
}

/** What each clause about selectors has at hand. */
export interface SelectorScene {
  readonly selector: Selector;
  /** Calls that differ in metadata and request. */
  readonly call: (at: number) => Call;
}

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
