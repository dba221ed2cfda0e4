import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { misuse } from '@micro-ts/commands';
import { candidates } from '../completion/candidates.ts';
import { failureOf } from '../failure.ts';
import { helpOf } from '../help.ts';
import { perform } from '../perform.ts';
import type { TerminalContext } from '../terminal-command.ts';
import { historyFile, historySize, readHistory, writeHistory } from './history.ts';
import { splitWords } from './split-words.ts';

/**
 * Does what is typed, line after line.
 * @returns the exit code: that of the last line that failed, where nobody sits at a terminal
 */
export async function readLines(context: TerminalContext): Promise<number> {
  const { in: typed, out } = context.terminal;
  const interactive = typed.isTTY && out.isTTY;
  const file = historyFile();
  const lines = createInterface({
    input: typed,
    output: interactive ? out : undefined,
    terminal: interactive,
    prompt: 'micro> ',
    history: interactive ? readHistory(file) : [],
    historySize,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) =>
      void complete(line, context).then((found) => done(null, found)),
  });
  if (interactive) lines.on('history', (kept: string[]) => writeHistory(file, kept));
  context.signal.addEventListener('abort', () => lines.close(), { once: true });
  lines.on('SIGINT', () => {
    out.write('^C\n');
    Reflect.set(lines, 'line', '');
    Reflect.set(lines, 'cursor', 0);
    lines.prompt();
  });
  if (interactive) lines.prompt();
  const failed = await followLines(lines, context, interactive);
  lines.close();
  if (interactive) out.write('\n');
  return interactive ? 0 : failed;
}

async function followLines(
  lines: Interface,
  context: TerminalContext,
  interactive: boolean,
): Promise<number> {
  const { in: typed } = context.terminal;
  let failed = 0;
  // Ctrl-D while a command runs, or a terminal that goes: then nobody is left to ask.
  let closed = false;
  lines.once('close', () => (closed = true));
  for await (const line of lines) {
    if (['exit', 'quit'].includes(line.trim())) break;
    if (line.trim() !== '') {
      // The terminal is the command's own meanwhile, Ctrl-C included.
      if (interactive) typed.setRawMode(false);
      const code = await doLine(line, context);
      if (code !== 0) failed = code;
      if (interactive) typed.setRawMode(true);
    }
    if ((interactive && closed) || context.signal.aborted) break;
    if (interactive) lines.prompt();
  }
  return failed;
}

async function doLine(line: string, context: TerminalContext): Promise<number> {
  const { micro, permissions, terminal } = context;
  const { commands, out, err, format } = terminal;
  let words: readonly string[];
  try {
    words = wordsOf(line);
  } catch (error) {
    const { code, text } = failureOf(error, format);
    err.write(`${text}\n`);
    return code;
  }
  const [first, ...rest] = words;
  if (first === '?' || (first === 'help' && rest.length === 0)) {
    out.write(helpOf(commands));
    return 0;
  }
  if (first === undefined || first === 'shell' || first === 'cli') return 0; // here it is
  const given = first === 'help' ? [...rest, '--help'] : words;
  const interruption = terminal.interruption.nested();
  try {
    const session = { out, err, in: terminal.in, permissions, pipe: undefined };
    return await perform(given, commands, { ...session, interruption, shell: { micro, format } });
  } finally {
    interruption.end();
  }
}

/** @throws a misuse for quotes and brackets that are not closed */
function wordsOf(line: string): readonly string[] {
  try {
    const words = splitWords(line);
    return words[0] === 'micro' ? words.slice(1) : words;
  } catch (error) {
    throw misuse(error instanceof Error ? error.message : String(error));
  }
}

async function complete(
  line: string,
  { micro, terminal: { commands } }: TerminalContext,
): Promise<[string[], string]> {
  const begun = /\S*$/.exec(line)?.[0] ?? '';
  const words = [...line.slice(0, line.length - begun.length).split(/\s+/), begun];
  const found = await candidates(
    words.filter((word, at) => word !== '' || at === words.length - 1),
    { commands, micro },
  );
  return [found.map((each) => `${each} `), begun];
}
