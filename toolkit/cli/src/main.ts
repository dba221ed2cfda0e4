import { fstatSync } from 'node:fs';
import { Command as Line } from 'commander';
import { createCatalogue } from './catalogue.ts';
import { commands, localCommands } from './entries.ts';
import { exitCodes, failureOf } from './failure.ts';
import { addOutputOptions, addSystemOptions, globalsOf } from './global-options.ts';
import { helpOf } from './help.ts';
import { perform } from './perform.ts';
import type { Session } from './session.ts';
import { interruption } from './signals.ts';
import { versionOf } from './version.ts';

/** Runs `micro` with some arguments, and ends the process with the code that they deserve. */
export async function main(args: readonly string[]): Promise<void> {
  // Whoever has read enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failed);
  });
  process.stderr.on('error', () => process.exit(exitCodes.failed));
  const session: Session = {
    out: process.stdout,
    err: process.stderr,
    in: process.stdin,
    signal: interruption(),
    pipe: pipeOf(process.stdin),
  };
  // Commands may wait for nothing but a signal.
  const waiting = setInterval(() => undefined, 2 ** 30);
  const code = await begin(args, session);
  clearInterval(waiting);
  process.stdout.write('', () => process.exit(code));
}

async function begin(args: readonly string[], session: Session): Promise<number> {
  const root = addSystemOptions(addOutputOptions(new Line('micro')), false);
  root
    .option('-V, --version')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  root.enablePositionalOptions().passThroughOptions().allowExcessArguments();
  const catalogue = createCatalogue(commands, localCommands);
  try {
    root.action(() => undefined).parse([...args], { from: 'user' });
  } catch (error) {
    const { code, text } = failureOf(error);
    session.err.write(`${text}\n`);
    return code;
  }
  if (root.opts<{ readonly version?: true }>().version === true) {
    session.out.write(`${versionOf()}\n`);
    return exitCodes.ok;
  }
  const [first, ...rest] = root.args;
  if (first === 'help' && rest.length > 0)
    return perform([...rest, '--help'], catalogue, session, root);
  if (globalsOf(root).help === true || first === undefined || first === 'help') {
    session.out.write(helpOf(catalogue));
    return exitCodes.ok;
  }
  return perform(root.args, catalogue, session, root);
}

/** What is piped in: of a pipe or a file; a terminal and `/dev/null` bring nothing. */
function pipeOf(from: NodeJS.ReadStream): AsyncIterable<string> | undefined {
  try {
    const stat = fstatSync(0);
    if (!stat.isFIFO() && !stat.isFile() && !stat.isSocket()) return undefined;
  } catch {
    return undefined;
  }
  return {
    [Symbol.asyncIterator]: () =>
      from.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>,
  };
}
