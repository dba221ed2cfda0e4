import { closeOnSignal, ConfigError, createApp } from 'micro-ts';
import type { Context } from 'micro-ts';
import { billing } from './topics.ts';
import type { Order } from './topics.ts';
import { Worker } from './worker.service.ts';

const app = await createApp(undefined, [Worker]);
closeOnSignal(app);

async function bill({ id }: Order, { attempt }: Context): Promise<void> {
  console.log(`attempt ${attempt} to bill ${id}`);
  if (attempt === 1) throw new Error('the printer is out of paper');
}

// A service that cannot do without would ask for it with `@Subscribe`, and not start elsewhere.
try {
  await app.subscribe(billing, bill, { queue: 'bookkeepers', delivery: 'at-least-once' });
  console.log('ready: at least once');
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.log('ready: at most once');
}
