#!/usr/bin/env node
// npm test: every test of the workspace; the tests that start and kill processes run last, alone.
// node scripts/test.mjs [PROJECT …] [--except PROJECT …] [--node 22|24] [-- JEST OPTION …]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from './build.mjs';
import { environmentOf } from './node.mjs';
import { isInterrupted, main, secondsSince, start, Stop } from './run-command.mjs';
import { obtainServers, startShared } from './servers.mjs';
import { totalsVariable } from './test-totals.mjs';
import { readJson, root, testFolders } from './workspace.mjs';

const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const processTests = String.raw`\.process\.test\.ts$`;

/** What runs one after the other, and how many ms each test and the whole of it may take. */
const rounds = [
  {
    name: 'Tests',
    options: ['--maxWorkers=2', '--testPathIgnorePatterns', processTests, '/node_modules/'],
    testTimeout: 20_000,
    limit: 30 * 60_000,
  },
  {
    name: 'Tests with processes of their own',
    options: ['--runInBand', '--maxConcurrency=3', '--testPathPatterns', processTests],
    testTimeout: 180_000,
    limit: 60 * 60_000,
  },
];

await main(async () => {
  const args = process.argv.slice(2);
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const { values, positionals } = parseArgs({
    args: args.slice(0, end),
    options: { node: { type: 'string' }, except: { type: 'string', multiple: true } },
    allowPositionals: true,
  });
  if (values.node !== undefined) return underNode(values.node, args);

  const left = select(values.except ?? [], []);
  const projects = select(positionals, testFolders()).filter((folder) => !left.includes(folder));
  const total = { passed: 0, failed: 0, skipped: [] };
  await prepare().catch((error) => {
    if (!(error instanceof Stop) || isInterrupted()) throw error;
    // The tests run from source: they still tell something. What does not compile is a failure.
    console.error(error.message);
    total.failed++;
  });
  if (isInterrupted()) return 130;
  await obtainServers(projects);
  const servers = await startShared(projects);
  const env = { ...process.env, ...servers.env };
  try {
    for (const round of rounds) {
      if (isInterrupted()) return 130;
      const { passed, failed, skipped } = await run(round, projects, args.slice(end + 1), env);
      total.passed += passed;
      total.failed += failed;
      total.skipped.push(...skipped);
    }
  } finally {
    await servers.close();
  }
  return isInterrupted() ? 130 : conclude(total);
});

/** The same again, in a process of the other version. */
async function underNode(version, args) {
  const at = args.indexOf('--node');
  const rest = args.filter((_, index) => index !== at && index !== at + 1);
  const env = await environmentOf(version);
  return start('node', [join(root, 'scripts', 'test.mjs'), ...rest], { env }).ended;
}

/** Folders of the projects that are named, by folder or package name; without a name, `otherwise`. */
function select(names, otherwise) {
  const folders = testFolders();
  const matches = (folder, name) =>
    [folder, basename(folder)].includes(name) || packageName(folder) === name;
  const unknown = names.find((name) => !folders.some((folder) => matches(folder, name)));
  if (unknown !== undefined)
    throw new Stop(`There is no project ${unknown}. These are: ${folders.join(', ')}`);
  return names.length === 0
    ? otherwise
    : folders.filter((folder) => names.some((name) => matches(folder, name)));
}

function packageName(folder) {
  return folder.includes('/') ? readJson(`${folder}/package.json`).name : undefined;
}

/** Runs Jest once over the projects. */
async function run({ name, options, testTimeout, limit }, projects, extra, environment) {
  console.log(`\n${name} (Node ${process.versions.node})`);
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'micro-tests-'));
  const file = join(folder, 'totals.json');
  const args = [
    ...['--projects', ...projects.map((project) => join(root, project))],
    ...['--reporters', 'default', '--reporters', join(root, 'scripts', 'test-totals.mjs')],
    ...['--passWithNoTests', `--testTimeout=${testTimeout}`],
    ...options,
    ...extra,
  ];
  const env = { ...environment, [totalsVariable]: file };
  try {
    const { child, ended } = start(process.execPath, [jest, ...args], { env });
    const overdue = setTimeout(() => child.kill('SIGKILL'), limit);
    const code = await ended;
    clearTimeout(overdue);
    console.log(`${name}: ${secondsSince(began)}`);
    return totalsOf(file, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function totalsOf(file, code) {
  try {
    const totals = JSON.parse(readFileSync(file, 'utf8'));
    if (code !== 0 && totals.failed === 0) totals.failed = 1;
    return totals;
  } catch {
    console.error(`Jest ended with ${code} before it was done.`);
    return { passed: 0, failed: 1, skipped: [] };
  }
}

function conclude({ passed, failed, skipped }) {
  if (skipped.length > 0)
    console.log(
      `\nSkipped:\n${shorten(skipped)
        .map((name) => `  ${name}`)
        .join('\n')}`,
    );
  if (passed + failed === 0) console.error('\nNo test ran.');
  console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** The tests of one file that lack the same server, in one line. */
function shorten(skipped) {
  const lines = new Map();
  for (const name of skipped) {
    const [, file, server] = /^(.+?): .*\(needs ([^)]+)\)/.exec(name) ?? [];
    const line = file === undefined ? name : `${file}: needs ${server}`;
    lines.set(line, (lines.get(line) ?? 0) + 1);
  }
  return [...lines].map(([line, count]) => (count === 1 ? line : `${line} (${count} tests)`));
}
