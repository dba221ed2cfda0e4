import { Service, Subscribe } from 'micro-ts';
import { greeted } from './greeted.ts';
import type { Greeted } from './greeted.ts';

/** Hears of every greeting. */
@Service('audience')
export class Audience {
  /** Of all the processes that subscribe to the queue, one gets the event. */
  @Subscribe(greeted, { queue: 'audience' })
  async count({ name }: Greeted): Promise<void> {
    console.log(`queue: it is mine to count ${name}`);
  }

  /** Without a queue, each process gets it. */
  @Subscribe(greeted)
  async cheer({ name }: Greeted): Promise<void> {
    console.log(`broadcast: all of us cheer ${name}`);
  }
}
