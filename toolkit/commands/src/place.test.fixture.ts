// Apps that find each other, and nobody else's.
import type { Config } from 'micro-ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A registry of its own, which is a folder. */
export class Place {
  readonly #folder = mkdtempSync(join(tmpdir(), 'micro-commands-'));
  readonly config: Config = {
    registry: ['local', { folder: join(this.#folder, 'nodes') }],
    log: 'error',
  };

  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
