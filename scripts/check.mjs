#!/usr/bin/env node
// npm run check: format, lint, types, then every test. Each step runs, so that one run tells all.
import { join } from 'node:path';
import { prepare } from './build.mjs';
import { exclusively } from './exclusive.mjs';
import { install } from './install.mjs';
import { isInterrupted, main, runQuietly, secondsSince, start, Stop } from './run-command.mjs';
import { root } from './workspace.mjs';

const tool = (path) => join(root, 'node_modules', path);
const under = (name, ...args) => runQuietly(name, process.execPath, args);

const steps = {
  format: () =>
    under('prettier', tool('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'),
  lint: async () => {
    // The rule of layers reads the graph that Nx leaves behind, and is silent without one.
    await under('nx', tool('nx/dist/bin/nx.js'), 'show', 'projects');
    await under('eslint', tool('eslint/bin/eslint.js'), '--max-warnings=0', '.');
  },
  structure: async () => {
    const { inspect } = await import('./structure.mjs');
    const { problems, sizes } = inspect();
    if (problems.length > 0) throw new Stop(problems.join('\n'));
    console.log(sizes.map((size) => `  ${size}`).join('\n'));
  },
  types: async () => {
    await prepare();
    for (const project of ['scripts', 'docs'])
      await under('tsc', tool('typescript/bin/tsc'), '-p', project);
  },
  tests: async () => {
    const code = await start(process.execPath, [join(root, 'scripts', 'test.mjs')]).ended;
    if (code !== 0) throw new Stop('some tests failed');
  },
};

await main(async () => {
  await exclusively(install);
  const failed = [];
  for (const [name, step] of Object.entries(steps)) {
    const began = performance.now();
    console.log(`${name} …`);
    try {
      await step();
    } catch (error) {
      if (isInterrupted()) return 130;
      if (!(error instanceof Stop)) throw error;
      failed.push(name);
      console.error(error.message);
    }
    console.log(`${name}: ${failed.includes(name) ? 'FAILED' : 'ok'}, ${secondsSince(began)}`);
  }
  if (failed.length > 0) console.error(`\nCheck failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
});
