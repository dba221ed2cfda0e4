#!/usr/bin/env node
// npm start: installs and builds what is missing, then runs the greeter sample until Ctrl-C.
import { join } from 'node:path';
import { prepare } from './build.mjs';
import { isInterrupted, main, start } from './run-command.mjs';
import { root } from './workspace.mjs';

/** How long, in ms, a sample may take to stop after Ctrl-C before it is told once more. */
const patience = 5_000;

await main(async () => {
  await prepare(['samples/greeter']);
  if (isInterrupted()) return 130;
  const { child, ended } = start(process.execPath, [join(root, 'samples/greeter/dist/demo.js')]);
  // Ctrl-C went to the sample too. If only npm was told, it did not, and waits for ever.
  const insist = () => setTimeout(() => child.kill('SIGTERM'), patience).unref();
  process.once('SIGINT', insist);
  return ended;
});
