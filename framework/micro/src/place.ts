import type { Setting } from './environment.ts';

/** Where a plugin was asked for. */
export interface Place {
  /** Who asked: `micro.config.ts`, `MICRO_REGISTRY`, `--registry`. */
  readonly from: string;
  /** Folder from which packages and files are looked for. */
  readonly folder: string;
  /** Where its server is, if the environment says so. */
  readonly address?: Setting<string> | undefined;
}
