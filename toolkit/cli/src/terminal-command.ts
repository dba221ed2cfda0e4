import type { Command, CommandContext, Commands, InputSchema } from '@micro-ts/commands';
import { MicroError } from 'micro-ts';
import type { InferOutput } from 'valibot';
import { Ended } from './failure.ts';
import type { Format } from './global-options.ts';
import type { Interruption } from './signals.ts';

/** The terminal that a command is given on. */
export interface Terminal {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly in: NodeJS.ReadStream;
  /** The form that `--output` asks for. */
  readonly format: Format;
  /** All that can be given on it. */
  readonly commands: Commands;
  readonly interruption: Interruption;
}

/** What the command line gives a command besides what everybody does. */
export interface TerminalContext extends CommandContext {
  readonly terminal: Terminal;
}

/** A command that prints and reads for itself. */
interface TerminalCommand<S extends InputSchema> extends Omit<Command<S>, 'run' | 'permission'> {
  /** @returns the exit code: 0, 1 for a failure that it has told, 2 for what makes no sense */
  run(input: InferOutput<S>, context: TerminalContext): Promise<number>;
}

/** A command that nobody but the command line can do: it needs the terminal itself. */
export const defineTerminalCommand = <S extends InputSchema>(
  command: TerminalCommand<S>,
): Command<S> => ({
  ...command,
  permission: 'run',
  async *run(input, context) {
    if (!isOnTerminal(context))
      throw new MicroError('failed_precondition', `${command.name} needs a terminal`);
    const code = await command.run(input, context);
    if (code !== 0) throw new Ended(code);
  },
});

export const isOnTerminal = (context: CommandContext): context is TerminalContext =>
  'terminal' in context;
