import { ConfigError } from '@micro-ts/interface';
import type { BrokerSupports } from '@micro-ts/interface';

/** A subscription asks for more than the configured broker can. */
export class UnsupportedError extends ConfigError {
  /** Whether another broker could do all that the subscription asks for. */
  readonly fits: (supports: BrokerSupports) => boolean;

  constructor(problem: string, fits: (supports: BrokerSupports) => boolean, fix?: string) {
    super('broker', problem, fix);
    this.fits = fits;
  }
}
