import type { Call, MetadataSource, Selector } from '@micro-ts/interface';
import type { It } from '../clause.ts';

/** What `selectorKit` is given. */
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
