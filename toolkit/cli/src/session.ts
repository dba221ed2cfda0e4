import type { Connection } from './connection.ts';
import type { Format } from './global-options.ts';

/** Where lines are given: on the command line, one, or in the shell, many. */
export interface Session {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly in: NodeJS.ReadStream;
  /** Aborts when the person asks for the end of what runs. */
  readonly signal: AbortSignal;
  /** What comes in through a pipe; `undefined` where a person types. */
  readonly pipe: AsyncIterable<string> | undefined;
  /** In the shell everything is asked of the one system that it was started for. */
  readonly shell?: { readonly connection: Connection; readonly format: Format };
}
