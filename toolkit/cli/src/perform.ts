import { callCommand, loadCommand } from '@micro-ts/commands';
import type { Command, Commands, Micro } from '@micro-ts/commands';
import type { Command as Line } from 'commander';
import { commandLineOf, inputOf, plainInputOf, readLine } from './command-line.ts';
import type { CommandLine } from './command-line.ts';
import { createConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { Ended, exitCodes, failureOf } from './failure.ts';
import { addOutputOptions, addSystemOptions, formatIn, globalsOf } from './global-options.ts';
import type { Format } from './global-options.ts';
import { helpOfLine } from './help.ts';
import { createPrinter } from './printer.ts';
import { wordsOfService } from './service-words.ts';
import type { Session } from './session.ts';
import type { TerminalContext } from './terminal-command.ts';

/** A line whose command is found and whose flags are read. */
interface Doing {
  readonly command: Command;
  readonly own: CommandLine;
  /** The words after the command's own, and flags that are not known before. */
  readonly args: readonly string[];
  readonly context: TerminalContext;
}

/**
 * Does one line: finds its command, reads its flags, runs it, prints what it answers, or in one line
 * why there is no answer.
 * @param root what was said before the command
 * @returns the exit code
 */
export async function perform(
  words: readonly string[],
  commands: Commands,
  session: Session,
  root?: Line,
): Promise<number> {
  const { shell, interruption } = session;
  const before = root === undefined ? [] : [root];
  let format = formatIn(words) ?? globalsOf(...before).output ?? shell?.format ?? 'text';
  let connection: (Pick<Connection, 'micro'> & Partial<Connection>) | undefined;
  try {
    const found = commands.find(words);
    // What is no command may be a service, which is called.
    const command = found === undefined ? callCommand : await loadCommand(found.entry);
    const own = await commandLineOf(command);
    addOutputOptions(own.line);
    if (shell === undefined) addSystemOptions(own.line, false);
    readLine(own.line, found?.rest ?? words);
    const globals = globalsOf(...before, own.line);
    format = globals.output ?? shell?.format ?? 'text';
    connection = shell ?? createConnection(globals);
    const { micro } = connection;
    const { args: given } = own.line;
    const args = found === undefined ? await wordsOfService(given, commands, micro) : given;
    const doing = { command, own, args, context: contextOf(micro, session, commands, format) };
    return await (globals.help === true ? explain(doing) : answer(doing));
  } catch (error) {
    if (error instanceof Ended) return error.code;
    if (interruption.signal.aborted) return exitCodes.interrupted;
    const { code, text } = failureOf(error, format);
    session.err.write(`${text}\n`);
    return code;
  } finally {
    await connection?.close?.();
  }
}

function contextOf(
  micro: Micro,
  { in: typed, out, err, pipe, permissions, interruption }: Session,
  commands: Commands,
  format: Format,
): TerminalContext {
  return {
    micro,
    permissions,
    signal: interruption.signal,
    note: (line) => void err.write(`${line}\n`),
    progress: (line) => void (err.isTTY && err.write(`\r${line}\x1b[K`)),
    ...(pipe !== undefined && { pipe }),
    terminal: { in: typed, out, err, format, commands, interruption },
  };
}

async function explain({ command, own, args, context }: Doing): Promise<number> {
  const schema = await command.open?.schema(plainInputOf(own, args), context);
  context.terminal.out.write(helpOfLine(own, command.examples, schema));
  return exitCodes.ok;
}

async function answer({ command, own, args, context }: Doing): Promise<number> {
  const { commands, err, format } = context.terminal;
  const input = await inputOf(command, own, args, context);
  const printer = createPrinter(context.terminal, format);
  const answered = async (): Promise<number> => {
    let code: number = exitCodes.ok;
    for await (const output of commands.run(command, input, context)) {
      if (output.failed === true) code = exitCodes.failed;
      if (err.isTTY) err.write('\r\x1b[K'); // the last line of progress
      await printer.print(output);
    }
    return code;
  };
  // What runs on this machine ends in its own time.
  if (command.permission === 'run') return answered();
  return Promise.race([answered(), longAfter(context.signal)]);
}

/** Longest that a command may take to end when it is told to, in ms. */
const patience = 2_000;

/** Resolves when somebody has asked for the end, and has waited long enough: a registry may hang. */
const longAfter = (signal: AbortSignal): Promise<number> =>
  new Promise((resolve) => {
    const wait = (): void =>
      void setTimeout(() => resolve(exitCodes.interrupted), patience).unref();
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
