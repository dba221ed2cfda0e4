#!/usr/bin/env node
// npm start: installs and builds what is missing, then runs the greeter sample until Ctrl-C.
import { join } from 'node:path';
import { prepare } from './build.mjs';
import { isInterrupted, main, start } from './run-command.mjs';
import { root } from './workspace.mjs';

/** How often, in ms, we look whether npm is still there. */
const watchEvery = 500;

await main(async () => {
  const { ppid } = process;
  await prepare(['samples/greeter/ts']);
  if (isInterrupted()) return 130;
  const { child, ended } = start(process.execPath, [join(root, 'samples/greeter/ts/dist/demo.js')]);
  // A signal that is sent to npm alone ends npm's shell, and nobody tells us.
  const watch = setInterval(() => {
    if (process.ppid === ppid) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, watchEvery);
  return ended.finally(() => clearInterval(watch));
});
