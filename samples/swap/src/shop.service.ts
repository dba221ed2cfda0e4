import { Handler, Inject, MicroError, Publisher, Service } from 'micro-ts';
import { billing, ordered, packing } from './topics.ts';
import type { Order } from './topics.ts';

export interface Step {
  readonly n: number;
}

@Service('shop', { version: '1.0.0' })
export class Shop {
  constructor(@Inject(Publisher) private readonly events: Publisher) {}

  /** A call, which publishes. */
  @Handler()
  async order({ id }: Order): Promise<{ readonly accepted: string }> {
    for (const topic of [ordered, packing, billing]) await this.events.publish(topic, { id });
    return { accepted: id };
  }

  /** A stream. */
  @Handler()
  async *track({ n }: Step): AsyncIterable<Step> {
    for (let step = 1; step <= n; step++) yield { n: step };
  }

  /** An error that callers know by its code. */
  @Handler()
  async cancel({ id }: Order): Promise<Order> {
    throw new MicroError('failed_precondition', `${id} is packed already`);
  }
}
