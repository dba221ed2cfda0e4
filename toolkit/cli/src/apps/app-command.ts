import { defineCommand } from '@micro-ts/commands';
import type { Command, CommandContext, Output, ToolkitApp } from '@micro-ts/commands';
import { Ended, exitCodes } from '../failure.ts';
import { appOptions } from './app-options.ts';

/** Longest that an app may take to close, in ms: what it holds then is cut off. */
const patience = 25_000;

/** An app of the toolkit as a command: serves until it is told to end, and drains then. */
export const appCommand = (app: ToolkitApp): Command =>
  defineCommand({
    name: app.name,
    summary: app.summary,
    examples: [app.name, `${app.name} --help`],
    permission: 'run',
    input: app.options,
    complete: (said) => appOptions(app, said),
    run: (options, context) => serve(app, options, context),
  });

async function* serve(
  app: ToolkitApp,
  options: object,
  { signal, note }: CommandContext,
): AsyncIterable<Output> {
  const running = await app.start(options);
  yield { data: { app: app.name, lines: running.lines }, text: running.lines.join('\n') };
  await aborted(signal);
  const late = new Promise<string>((resolve) => {
    const text = `still not closed after ${patience / 1_000} s; it is cut off`;
    setTimeout(() => resolve(text), patience).unref();
  });
  const closed = running.close().then(
    () => undefined,
    (error: unknown) => `closing failed: ${String(error)}`,
  );
  const problem = await Promise.race([closed, late]);
  if (problem === undefined) return;
  note?.(`micro: ${problem}`);
  throw new Ended(exitCodes.failed);
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
