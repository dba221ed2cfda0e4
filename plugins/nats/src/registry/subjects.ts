import type { NatsSettings } from '../options.ts';

/** The subjects on which processes of one family find each other. */
export interface Family {
  readonly query: string;
  readonly watch: string;
  /** Heartbeats of a service; of all with `undefined`. go-micro has none, and does not hear ours. */
  alive(service: string | undefined): string;
}

const family = (prefix: string): Family => ({
  query: `${prefix}.query`,
  watch: `${prefix}.watch`,
  alive: (service) => `${prefix}.alive.${service === undefined ? '*' : word(service)}`,
});

/** What the subjects of each family begin with. */
export const prefixes = ['micro.nats', 'micro.registry.nats'] as const;

/** The families that an app belongs to. */
export function families(subjects: NatsSettings['subjects']): readonly Family[] {
  return (subjects === 'both' ? prefixes : [subjects]).map(family);
}

/** Any name as one word of a subject. */
const word = (service: string): string => Buffer.from(service).toString('base64url');
