import type { Losable } from '@micro-ts/interface';
import type { ReportOnce } from '@micro-ts/wire';
import type { Place } from './place.ts';
import type { Answer, Ask } from './requests.ts';
import type { Watches } from './watches.ts';

/** What the registry shares: the way to Consul, and what was registered over it. */
export interface ConsulLink extends Losable {
  readonly place: Place;
  readonly report: ReportOnce;
  /** Longest that an answer may take, in ms. */
  readonly patience: number;
  /** What each node was registered with, by its id. */
  readonly registered: Map<string, string>;
  readonly watches: Watches;
  ask(ask: Ask): Promise<Answer>;
  /** The same over a connection of its own, for answers that take long. */
  hang(ask: Ask): Promise<Answer>;
  /** This end of the latest connection; `undefined` before the first. */
  localAddress(): string | undefined;
}
