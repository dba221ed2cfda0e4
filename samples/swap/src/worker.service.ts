import { Service, Subscribe } from 'micro-ts';
import { ordered, packing } from './topics.ts';
import type { Order } from './topics.ts';

@Service('worker', { version: '1.0.0' })
export class Worker {
  @Subscribe(ordered)
  async hear({ id }: Order): Promise<void> {
    console.log(`heard ${id}`);
  }

  @Subscribe(packing, { queue: 'packers' })
  async pack({ id }: Order): Promise<void> {
    console.log(`packed ${id}`);
  }
}
