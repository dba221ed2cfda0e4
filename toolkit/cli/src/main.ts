import { permissions } from '@micro-ts/commands';
import { Command as Line } from 'commander';
import { readLine } from './command-line.ts';
import { createConnection } from './connection.ts';
import { commands } from './entries.ts';
import { exitCodes, failureOf } from './failure.ts';
import { addOutputOptions, addSystemOptions, formatIn, globalsOf } from './global-options.ts';
import { helpOf } from './help.ts';
import { perform } from './perform.ts';
import { pipeOf } from './pipe.ts';
import type { Session } from './session.ts';
import { createInterruption } from './signals.ts';
import { versionOf } from './version.ts';

/** Longest that what is printed may be left unread after Ctrl-C, in ms. */
const patience = 1_000;

/** Runs `micro` with some arguments, and ends the process with the code that they deserve. */
export async function main(args: readonly string[]): Promise<void> {
  // Whoever has read enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failed);
  });
  process.stderr.on('error', () => process.exit(exitCodes.failed));
  // Commands may wait for nothing but a signal.
  const waiting = setInterval(() => undefined, 2 ** 30);
  const code = args[0] === '__complete' ? await complete(args.slice(1)) : await begin(args);
  clearInterval(waiting);
  process.stdout.write('', () => process.exit(code));
  // Who has asked for the end does not wait for a pipe that nobody reads.
  if (code === exitCodes.interrupted) setTimeout(() => process.exit(code), patience);
}

async function begin(args: readonly string[]): Promise<number> {
  const root = addSystemOptions(addOutputOptions(new Line('micro')), false);
  root
    .option('-V, --version')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  root.enablePositionalOptions().passThroughOptions().allowExcessArguments();
  try {
    readLine(
      root.action(() => undefined),
      args,
    );
  } catch (error) {
    const { code, text } = failureOf(error, formatIn(args));
    process.stderr.write(`${text}\n`);
    return code;
  }
  if (root.opts<{ readonly version?: true }>().version === true) {
    process.stdout.write(`${versionOf()}\n`);
    return exitCodes.ok;
  }
  return dispatch(root);
}

function dispatch(root: Line): Promise<number> | number {
  const session: Session = {
    out: process.stdout,
    err: process.stderr,
    in: process.stdin,
    interruption: createInterruption(),
    pipe: pipeOf(process.stdin),
    permissions, // whoever sits at the terminal has the machine
  };
  const globals = globalsOf(root);
  const [first, ...rest] = root.args;
  if (first === 'help' && rest.length > 0)
    return perform([...rest, '--help'], commands, session, root);
  const alone = first === undefined && globals.help !== true;
  if (alone && process.stdin.isTTY && process.stdout.isTTY)
    return perform(['shell'], commands, session, root);
  if (globals.help === true || first === undefined || first === 'help') {
    process.stdout.write(helpOf(commands));
    return exitCodes.ok;
  }
  return perform(root.args, commands, session, root);
}

/** What the scripts of `micro completion` ask for. */
async function complete(words: readonly string[]): Promise<number> {
  const { candidates } = await import('./completion/candidates.ts');
  const connection = createConnection(globalsOf());
  const found = await candidates(words, { commands, micro: connection.micro });
  for (const each of found) process.stdout.write(`${each}\n`);
  await connection.close();
  return exitCodes.ok;
}
