import { chooseInfrastructure } from '../plugins.ts';
import type { Infrastructure } from '../plugins.ts';
import { checkTopic, namesOf } from './names.ts';
import type { ServiceNames } from './names.ts';

/** What a service is asked for with. */
export interface ServiceOptions extends Partial<Infrastructure> {
  /** What callers call it: `greeter`, `acme.user-profile`. */
  readonly name: string;
  /** A topic that it publishes on and subscribes to. Default: none. */
  readonly topic?: string;
  /** Give the gateway a route to it. Default false. */
  readonly http?: boolean;
  /** Write a test. Default true. */
  readonly test?: boolean;
}

/** The same, checked and with defaults. */
export interface ServicePlan extends ServiceNames, Infrastructure {
  /** Empty for none. */
  readonly topic: string;
  readonly http: boolean;
  readonly test: boolean;
}

/**
 * Checks what was asked for.
 * @throws UsageError
 */
export function planService(options: ServiceOptions): ServicePlan {
  const { name, topic = '', http = false, test = true } = options;
  const names = namesOf(name);
  return {
    ...names,
    ...chooseInfrastructure(options),
    topic: topic === '' ? '' : checkTopic(topic, names),
    http,
    test,
  };
}
