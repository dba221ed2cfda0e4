import { MicroError } from 'micro-ts';
import { Latencies } from './latencies.ts';

/** What became of calls. */
export class Tally {
  readonly latencies = new Latencies();
  /** Answers that came while it was measured, not after. */
  answered = 0;
  /** Calls by the ids of the nodes that took them. */
  readonly nodes = new Map<string, number>();
  /** Failures by code, each with the text of the first. */
  readonly errors = new Map<string, { count: number; readonly example: string }>();

  /** @param inTime it came before the measuring ended */
  succeeded(ms: number, node: string | undefined, inTime: boolean): void {
    this.latencies.add(ms);
    if (inTime) this.answered++;
    if (node !== undefined) this.nodes.set(node, (this.nodes.get(node) ?? 0) + 1);
  }

  failed(error: unknown): void {
    const { code, message } = MicroError.from(error);
    const known = this.errors.get(code);
    if (known === undefined) this.errors.set(code, { count: 1, example: message });
    else known.count++;
  }

  get failures(): number {
    return [...this.errors.values()].reduce((sum, { count }) => sum + count, 0);
  }
}
