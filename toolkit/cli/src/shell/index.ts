import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import * as v from 'valibot';
import type { Catalogue } from '../catalogue.ts';
import { candidates } from '../completion/candidates.ts';
import { connectionOf } from '../connection.ts';
import type { Connection } from '../connection.ts';
import type { Format } from '../global-options.ts';
import { helpOf } from '../help.ts';
import { defineLocalCommand } from '../local-command.ts';
import type { LocalCommand } from '../local-command.ts';
import { perform } from '../perform.ts';
import type { Session } from '../session.ts';
import type { Interruption } from '../signals.ts';
import { historyFile, historySize, readHistory, writeHistory } from './history.ts';
import { splitWords } from './split-words.ts';

/** What the shell is part of. */
export interface ShellParts {
  readonly catalogue: Catalogue;
  readonly session: Session;
  readonly interruption: Interruption;
}

/** A shell that runs. */
interface Running extends ShellParts {
  readonly connection: Connection;
  readonly format: Format;
}

/** `micro shell`: one line after the other, over one connection. */
export const createShell = (parts: ShellParts): LocalCommand =>
  defineLocalCommand({
    name: 'shell',
    summary: 'Give commands one after the other, with completion and history',
    examples: ['micro shell', 'micro --proxy http://10.0.0.5:8081 shell'],
    input: v.object({}),
    run: (_input, terminal) =>
      readLines({
        ...parts,
        connection: connectionOf(terminal.micro),
        format: terminal.format ?? 'text',
      }),
  });

/** @returns the exit code: that of the last line that failed, where nobody sits at a terminal */
async function readLines(parts: Running): Promise<number> {
  const { session } = parts;
  const terminal = session.in.isTTY && session.out.isTTY;
  const file = historyFile();
  const lines = createInterface({
    input: session.in,
    output: terminal ? session.out : undefined,
    terminal,
    prompt: 'micro> ',
    history: terminal ? readHistory(file) : [],
    historySize,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) =>
      void complete(line, parts).then((found) => done(null, found)),
  });
  if (terminal) lines.on('history', (kept: string[]) => writeHistory(file, kept));
  parts.session.signal.addEventListener('abort', () => lines.close(), { once: true });
  lines.on('SIGINT', () => {
    session.out.write('^C\n');
    Reflect.set(lines, 'line', '');
    Reflect.set(lines, 'cursor', 0);
    lines.prompt();
  });
  if (terminal) lines.prompt();
  const failed = await followLines(lines, parts, terminal);
  lines.close();
  if (terminal) session.out.write('\n');
  return terminal ? 0 : failed;
}

async function followLines(lines: Interface, parts: Running, terminal: boolean): Promise<number> {
  let failed = 0;
  // Ctrl-D while a command runs, or a terminal that goes: then nobody is left to ask.
  let closed = false;
  lines.once('close', () => (closed = true));
  for await (const line of lines) {
    const words = wordsOf(line, parts);
    if (words[0] === 'exit' || words[0] === 'quit') break;
    if (words.length > 0) {
      // The terminal is the command's own meanwhile, Ctrl-C included.
      if (terminal) parts.session.in.setRawMode(false);
      const code = await doLine(words, parts);
      if (code !== 0) failed = code;
      if (terminal) parts.session.in.setRawMode(true);
    }
    if (closed || parts.session.signal.aborted) break;
    if (terminal) lines.prompt();
  }
  return failed;
}

function wordsOf(line: string, { session }: Running): readonly string[] {
  try {
    const words = splitWords(line);
    return words[0] === 'micro' ? words.slice(1) : words;
  } catch (error) {
    session.err.write(`micro: ${error instanceof Error ? error.message : String(error)}\n`);
    return [];
  }
}

async function doLine(words: readonly string[], parts: Running): Promise<number> {
  const { catalogue, session, connection, format } = parts;
  const [first, ...rest] = words;
  if (first === '?' || (first === 'help' && rest.length === 0)) {
    session.out.write(helpOf(catalogue));
    return 0;
  }
  if (first === 'shell' || first === 'cli') return 0; // here it is
  const given = first === 'help' ? [...rest, '--help'] : words;
  const running = parts.interruption.nested();
  try {
    const shell = { connection, format };
    const own = { ...session, pipe: undefined, signal: running.signal, shell };
    return await perform(given, catalogue, own);
  } finally {
    running.end();
  }
}

async function complete(
  line: string,
  { catalogue, connection }: Running,
): Promise<[string[], string]> {
  const begun = /\S*$/.exec(line)?.[0] ?? '';
  const words = [...line.slice(0, line.length - begun.length).split(/\s+/), begun];
  const found = await candidates(
    words.filter((word, at) => word !== '' || at === words.length - 1),
    { catalogue, micro: connection.micro },
  );
  return [found.map((each) => `${each} `), begun];
}
