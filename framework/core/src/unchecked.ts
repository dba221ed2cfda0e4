import type { Schema } from '@micro-ts/interface';

/**
 * Stands for a schema where values shall not be checked: `@Handler({ request: unchecked })`. Needed
 * only where class-validator is in use, because there a handler without a schema fails the boot.
 */
export const unchecked: Schema<never> = {
  '~standard': { version: 1, vendor: 'micro', validate: (value) => ({ value: value as never }) },
};
