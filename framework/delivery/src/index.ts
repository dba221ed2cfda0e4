export { Backlog } from './backlog.ts';
export { Consumer } from './consumer.ts';
export type { ConsumerOptions, Outcome } from './consumer.ts';
