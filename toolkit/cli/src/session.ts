import type { Micro, Permission } from '@micro-ts/commands';
import type { Format } from './global-options.ts';
import type { Interruption } from './signals.ts';

/** Where lines are given: on the command line, one, or in the shell, many. */
export interface Session {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly in: NodeJS.ReadStream;
  /** What the person asks for who wants the end of what runs. */
  readonly interruption: Interruption;
  /** What comes in through a pipe; `undefined` where a person types. */
  readonly pipe: AsyncIterable<string> | undefined;
  /** What the person may do. */
  readonly permissions: readonly Permission[];
  /** In the shell everything is asked of the one system that it was started for. */
  readonly shell?: { readonly micro: Micro; readonly format: Format };
}
