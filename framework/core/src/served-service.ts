import type { Endpoint, Interceptor, Logger } from '@micro-ts/interface';
import type { ServiceLifecycle } from './app.ts';
import type { CurrentContext } from './context.ts';
import type { EndpointPlan, ServicePlan } from './describe.ts';
import type { LiveCall } from './live-call.ts';
import type { ServiceRecord } from './metadata.ts';
import { ServedEndpoint } from './served-endpoint.ts';
import type { Method } from './served-endpoint.ts';
import type { Subscribing } from './subscriptions.ts';

/** What endpoints of a service are made with. */
export interface ServedServiceParts {
  readonly interceptors: readonly Interceptor[];
  readonly current: CurrentContext;
  readonly logger: Logger;
}

/** A service class and its instance, ready to be served. */
export class ServedService {
  readonly record: ServiceRecord;
  /** All that stands in the record, subscriptions among them. */
  readonly published: readonly Endpoint[];
  readonly endpoints: readonly ServedEndpoint[];
  readonly subscribing: readonly Subscribing[];
  readonly #instance: ServiceLifecycle & object;
  readonly #handlers: ReadonlySet<string>;

  constructor({ record, endpoints }: ServicePlan, instance: object, parts: ServedServiceParts) {
    this.record = record;
    this.#instance = instance;
    this.#handlers = new Set(endpoints.map(({ method }) => method));
    this.published = endpoints.filter(({ internal }) => !internal).map(({ endpoint }) => endpoint);
    const service = record.name;
    const calls = endpoints.filter(({ subscription }) => subscription === undefined);
    this.endpoints = calls.map(({ endpoint, method, check, checkAnswer }) => {
      const own = { service, endpoint, check, checkAnswer, method: bound(instance, method) };
      return new ServedEndpoint({ ...parts, ...own });
    });
    this.subscribing = endpoints.flatMap((plan) => subscribingOf(service, plan, instance));
  }

  /** Runs one of the hooks, if the class has it and it is no handler. */
  async hook(name: 'started' | 'stopping'): Promise<void> {
    if (this.#handlers.has(name)) return;
    const hook = this.#instance[name];
    if (typeof hook === 'function') await hook.call(this.#instance);
  }
}

function bound(instance: object, name: string): Method {
  const method = (instance as Record<string, Method>)[name] as Method;
  return (request: unknown, context: LiveCall) => method.call(instance, request, context);
}

function subscribingOf(
  service: string,
  { subscription, endpoint, method, check }: EndpointPlan,
  instance: object,
): readonly Subscribing[] {
  if (subscription === undefined) return [];
  const { topic, queue, delivery, attempts, concurrency } = subscription;
  const options = { queue, delivery, attempts, concurrency };
  return [{ service, endpoint, topic, check, method: bound(instance, method), options }];
}
