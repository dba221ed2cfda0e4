#!/usr/bin/env node
// Builds what is missing: node scripts/build.mjs [FOLDER …], all packages without one.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exclusively } from './exclusive.mjs';
import { install } from './install.mjs';
import { main, runQuietly, secondsSince } from './run-command.mjs';
import { root } from './workspace.mjs';

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const bundler = 'framework/core/bundle-inversify.mjs';

/** Compiles `folders` and what they refer to. Nothing is done for what is up to date. */
export async function build(folders = []) {
  const began = performance.now();
  const announce = setTimeout(() => console.log('Building …'), 1_000);
  try {
    await runQuietly('tsc', process.execPath, [compiler, '-b', ...folders]);
    if (isBundled()) await runQuietly('bundle', process.execPath, [bundler]);
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

/** Core carries inversify in one file, written after the compiler wrote its own. */
function isBundled() {
  return existsSync(join(root, bundler)) && existsSync(join(root, 'framework/core/dist'));
}

if (process.argv[1] === import.meta.filename)
  await main(async () => {
    await prepare(process.argv.slice(2));
    return 0;
  });
