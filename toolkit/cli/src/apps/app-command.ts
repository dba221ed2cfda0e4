import type { ToolkitApp } from '@micro-ts/commands';
import { defineLocalCommand } from '../local-command.ts';
import type { LocalCommand, Terminal } from '../local-command.ts';
import { appOptions } from './app-options.ts';

/** Longest that an app may take to close, in ms: what it holds then is cut off. */
const patience = 25_000;

/** An app of the toolkit as a command: serves until it is told to end, and drains then. */
export const appCommand = (app: ToolkitApp): LocalCommand =>
  defineLocalCommand({
    name: app.name,
    summary: app.summary,
    examples: [`micro ${app.name}`, `micro ${app.name} --help`],
    input: app.options,
    complete: (said) => appOptions(app, said),
    run: (options, terminal) => serve(app, options, terminal),
  });

async function serve(app: ToolkitApp, options: object, terminal: Terminal): Promise<number> {
  const running = await app.start(options);
  for (const line of running.lines) terminal.out.write(`${line}\n`);
  await aborted(terminal.signal);
  const closed = running.close().then(
    () => 0,
    (error: unknown) => {
      terminal.err.write(`micro: closing failed: ${String(error)}\n`);
      return 1;
    },
  );
  const late = new Promise<number>((resolve) => {
    setTimeout(() => {
      terminal.err.write(`micro: still not closed after ${patience / 1_000} s; it is cut off\n`);
      resolve(1);
    }, patience).unref();
  });
  return Promise.race([closed, late]);
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
