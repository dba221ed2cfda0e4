import { callCommand, checkInput, loadCommand } from '@micro-ts/commands';
import type { Command, CommandContext } from '@micro-ts/commands';
import type { Command as Line } from 'commander';
import type { Catalogue } from './catalogue.ts';
import { commandLineOf, inputOf, openOf, plainInputOf } from './command-line.ts';
import type { CommandLine } from './command-line.ts';
import { createConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { exitCodes, failureOf } from './failure.ts';
import { addOutputOptions, addSystemOptions, globalsOf } from './global-options.ts';
import type { Globals } from './global-options.ts';
import { helpOfLine } from './help.ts';
import type { LocalCommand } from './local-command.ts';
import { createPrinter } from './printer.ts';
import { wordsOfService } from './service-words.ts';
import type { Session } from './session.ts';

/** A line that is being done. */
interface Doing {
  readonly catalogue: Catalogue;
  readonly session: Session;
  readonly globals: Globals;
  readonly connection: Connection;
  readonly own: CommandLine;
  /** The words after the command's own, and flags that are not known before. */
  readonly args: readonly string[];
}

/**
 * Does one line: finds its command, reads its flags, runs it, prints what it answers, or in one line
 * why there is no answer.
 * @param root what was said before the command
 * @returns the exit code
 */
export async function perform(
  words: readonly string[],
  catalogue: Catalogue,
  session: Session,
  root?: Line,
): Promise<number> {
  let globals = globalsOf(...(root === undefined ? [] : [root]));
  let connection: Connection | undefined;
  try {
    const found = catalogue.find(words);
    const command = await commandOf(found);
    const own = await commandLineOf(command);
    addOutputOptions(own.line);
    if (session.shell === undefined) addSystemOptions(own.line, false);
    own.line.parse([...(found?.rest ?? words)], { from: 'user' });
    globals = globalsOf(...(root === undefined ? [] : [root]), own.line);
    if (session.shell !== undefined && own.line.getOptionValue('output') === undefined)
      globals = { ...globals, output: session.shell.format };
    connection = session.shell?.connection ?? createConnection(globals);
    const args =
      found === undefined
        ? await wordsOfService(own.line.args, catalogue, connection.micro)
        : own.line.args;
    const doing = { catalogue, session, globals, connection, own, args };
    if ('permission' in command) return await doCommand(command, doing);
    return await doLocal(command, doing);
  } catch (error) {
    if (session.signal.aborted) return exitCodes.interrupted;
    const { code, text } = failureOf(error, globals.output);
    session.err.write(`${text}\n`);
    return code;
  } finally {
    if (session.shell === undefined) await connection?.close();
  }
}

/** What is no command may be a service, which is called. */
async function commandOf(found: ReturnType<Catalogue['find']>): Promise<Command | LocalCommand> {
  if (found === undefined) return callCommand;
  return found.is === 'command' ? loadCommand(found.entry) : found.entry.load();
}

function contextOf({ session, connection }: Doing): CommandContext {
  const { signal, pipe, err } = session;
  const note = (line: string): void => void err.write(`${line}\n`);
  const progress = (line: string): void => void (err.isTTY && err.write(`\r${line}\x1b[K`));
  return { micro: connection.micro, signal, note, progress, ...(pipe !== undefined && { pipe }) };
}

async function doCommand(command: Command, doing: Doing): Promise<number> {
  const { session, own, args, globals } = doing;
  const context = contextOf(doing);
  if (globals.help === true) {
    const schema = await openOf(command)?.schema(plainInputOf(own, args), context);
    session.out.write(helpOfLine(own, command.examples, schema));
    return exitCodes.ok;
  }
  const input = await inputOf(command, own, args, context);
  const printer = createPrinter(session, globals.output);
  const answer = async (): Promise<number> => {
    let code: number = exitCodes.ok;
    for await (const output of doing.catalogue.commands.run(command, input, context)) {
      if (output.failed === true) code = exitCodes.failed;
      if (session.err.isTTY) session.err.write('\r\x1b[K'); // the last line of progress
      await printer.print(output);
    }
    return code;
  };
  return Promise.race([answer(), longAfter(session.signal)]);
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

async function doLocal(command: LocalCommand, doing: Doing): Promise<number> {
  const { session, connection, own, args, globals } = doing;
  if (globals.help === true) {
    session.out.write(helpOfLine(own, command.examples));
    return exitCodes.ok;
  }
  const said = await inputOf(command, own, args, contextOf(doing));
  const input = checkInput(command.input, (await command.complete?.(said)) ?? said);
  const { out, err, in: from, signal } = session;
  const printer = createPrinter(session, globals.output);
  const shown = { format: globals.output, show: printer.show };
  const terminal = { out, err, in: from, signal, micro: connection.open, ...shown };
  const code = await command.run(input, terminal);
  await printer.printed();
  return code;
}
