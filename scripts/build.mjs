#!/usr/bin/env node
// Builds what is missing: node scripts/build.mjs [FOLDER …], all packages without one.
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { exclusively } from './exclusive.mjs';
import { install } from './install.mjs';
import { main, runQuietly, secondsSince } from './run-command.mjs';
import { root } from './workspace.mjs';

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
/** What packages carry of others, put into their builds after the compiler wrote them. */
const additions = ['framework/core/bundle-inversify.mjs', 'toolkit/api/copy-swagger-ui.mjs'];

/** Compiles `folders` and what they refer to. Nothing is done for what is up to date. */
export async function build(folders = []) {
  const began = performance.now();
  const announce = setTimeout(() => console.log('Building …'), 1_000);
  try {
    await runQuietly('tsc', process.execPath, [compiler, '-b', ...folders]);
    for (const script of additions.filter(isBuilt))
      await runQuietly(basename(script), process.execPath, [script]);
  } finally {
    clearTimeout(announce);
  }
  if (performance.now() - began > 1_000) console.log(`  done in ${secondsSince(began)}`);
}

/** Installs and builds, while no other process does. */
export const prepare = (folders) =>
  exclusively(async () => {
    await install();
    await build(folders);
  });

/** Whether there is a build that a script adds to; in a copy of some packages there may be none. */
function isBuilt(script) {
  return existsSync(join(root, script)) && existsSync(join(root, dirname(script), 'dist'));
}

if (process.argv[1] === import.meta.filename)
  await main(async () => {
    await prepare(process.argv.slice(2));
    return 0;
  });
