import { Records } from './records.ts';

/**
 * What apps of one process share that are given the same `memory()`. Make one to look inside, or to
 * share it between several configurations: `memory({ network })`.
 */
export class MemoryNetwork {
  readonly records = new Records();
}
