import { socketPath } from './names.ts';
import { takePulse } from './pulse.ts';
import type { Pulse } from './pulse.ts';

/** The processes whose nodes are of interest, each held by a connection. */
export class Pulses {
  readonly #folder: string;
  readonly #onDeath: (process: string) => void;
  readonly #pulses = new Map<string, Pulse>();

  constructor(folder: string, onDeath: (process: string) => void) {
    this.#folder = folder;
    this.#onDeath = onDeath;
  }

  /** Holds these and lets go of all others; resolves when it is known of each whether it lives. */
  async hold(processes: ReadonlySet<string>): Promise<void> {
    for (const [process, pulse] of this.#pulses) {
      if (processes.has(process)) continue;
      pulse.stop();
      this.#pulses.delete(process);
    }
    for (const process of processes) {
      if (this.#pulses.has(process)) continue;
      const die = (): void => {
        this.#pulses.delete(process);
        this.#onDeath(process);
      };
      this.#pulses.set(process, takePulse(socketPath(this.#folder, process), die));
    }
    await Promise.all([...this.#pulses.values()].map(({ first }) => first));
  }

  /** True for a process that is held and lives. */
  feels(process: string): boolean {
    return this.#pulses.get(process)?.felt === true;
  }

  stop(): void {
    for (const pulse of this.#pulses.values()) pulse.stop();
    this.#pulses.clear();
  }
}
