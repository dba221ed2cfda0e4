import type { Config } from './config.ts';

/** What the roles are played by, where nothing else is said. All of it comes with micro-ts. */
export const defaults = {
  registry: 'local',
  transport: 'http',
  broker: 'http',
  validation: 'validation',
} as const satisfies Config;
