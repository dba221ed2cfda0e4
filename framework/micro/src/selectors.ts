import { leastInFlight, roundRobin } from '@micro-ts/core';
import { definePlugin } from '@micro-ts/interface';

/** Core's selectors, so that a configuration can name them. */
export const selectors = {
  'least-in-flight': definePlugin({
    name: 'least-in-flight',
    roles: { selector: { supports: {}, create: () => leastInFlight } },
  }),
  'round-robin': definePlugin({
    name: 'round-robin',
    roles: { selector: { supports: {}, create: () => roundRobin() } },
  }),
} as const;

type Selectors = typeof selectors;

declare module '@micro-ts/interface' {
  interface Plugins {
    'least-in-flight': Selectors['least-in-flight'];
    'round-robin': Selectors['round-robin'];
  }
}
