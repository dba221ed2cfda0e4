import type { BaseIssue, BaseSchema, InferOutput } from 'valibot';
import type { Config } from 'micro-ts';

/** A valibot object of options; each has a default and a `v.description`. */
export type OptionsSchema = BaseSchema<unknown, object, BaseIssue<unknown>>;

/** A toolkit app that runs. */
export interface RunningToolkitApp {
  /** What to tell the person who started it: where it listens, and a token that it made. */
  readonly lines: readonly string[];
  /** Stops without losing a request. Twice is fine. */
  close(): Promise<void>;
}

/**
 * An app of the toolkit: the default export of its package. `micro <name>` starts it. Options come
 * from flags (`--address`), variables (`MICRO_API_ADDRESS`) and the key `toolkit.<name>` of
 * `micro.config.ts`, in this order.
 */
export interface ToolkitApp<S extends OptionsSchema = OptionsSchema> {
  /** `api` */
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly options: S;
  /**
   * Starts it; resolves when it serves.
   * @param config the infrastructure, where it is not that of the `micro.config.ts` that is found
   * @throws ConfigError with the fix
   */
  start(options: InferOutput<S>, config?: Config): Promise<RunningToolkitApp>;
}

/** Types an app; returns it as it is. */
export const defineToolkitApp = <S extends OptionsSchema>(app: ToolkitApp<S>): ToolkitApp<S> => app;
