import type { InputSchema, Micro, Output } from '@micro-ts/commands';
import type { InferOutput } from 'valibot';
import type { Format } from './global-options.ts';

/** The terminal that a local command is given on. */
export interface Terminal {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly in: NodeJS.ReadStream;
  /** Aborts when the person asks for the end: Ctrl-C, SIGTERM, SIGHUP. */
  readonly signal: AbortSignal;
  /** The running system, opened when it is first asked for. @throws ConfigError, MicroError */
  micro(): Promise<Micro>;
  /** The form that `--output` asks for. */
  readonly format?: Format;
  /** Prints an answer in the form that `--output` asks for. */
  show(output: Output): void;
}

/**
 * A command that needs the machine on which it is given: its terminal, files or processes. The
 * command line offers it beside those of the registry, and nobody else does.
 */
export interface LocalCommand<S extends InputSchema = InputSchema> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly examples?: readonly string[];
  readonly input: S;
  /** Members of the input that are given without their names; the last takes all that is left where it is a list. */
  readonly positionals?: readonly string[];
  /** Adds to what was said what stands elsewhere, before the schema looks at it. */
  complete?(input: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** @returns the exit code: 0, 1 for a failure, 2 for a command that makes no sense */
  run(input: InferOutput<S>, terminal: Terminal): Promise<number>;
}

/** Types a local command; returns it as it is. */
export const defineLocalCommand = <S extends InputSchema>(
  command: LocalCommand<S>,
): LocalCommand<S> => command;
