import type { Logger } from '@micro-ts/interface';

const nothing = (): void => undefined;

/** A log that nobody reads. */
export const silent: Logger = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  with: () => silent,
};
