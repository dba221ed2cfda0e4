#!/usr/bin/env node
// npm run reliability: plays every scenario of reliability/ on real servers, keeps what came of it in
// docs/reliability.json, and makes docs/reliability.md of that. With --page it only makes the page;
// with --check it says whether the page is what the figures say.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { main, start, Stop } from './run-command.mjs';
import { root } from './workspace.mjs';

const figures = join(root, 'docs/reliability.json');
const page = join(root, 'docs/reliability.md');

/** Runs the scenarios; what they say is kept even if one misses its bar. */
async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'micro-reliability-'));
  const lines = join(folder, 'results.jsonl');
  writeFileSync(lines, '');
  try {
    const env = { ...process.env, MICRO_RELIABILITY_RESULTS: lines };
    const args = [join(root, 'scripts/test.mjs'), 'reliability'];
    const code = await start(process.execPath, args, { env }).ended;
    const results = readFileSync(lines, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .sort((a, b) => (key(a) < key(b) ? -1 : 1));
    const machine = { node: process.versions.node, cores: availableParallelism() };
    writeFileSync(figures, `${JSON.stringify({ machine, results }, null, 2)}\n`);
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const key = ({ on, scenario }) => `${on} ${scenario}`;
const ms = (value) => (value === undefined ? '' : Math.round(value).toLocaleString('en'));
const count = (value) => value.toLocaleString('en');

/** The page, from the figures. */
function written() {
  const { machine, results } = JSON.parse(readFileSync(figures, 'utf8'));
  const parts = Object.entries(titles).map(([role, { title, about, columns }]) => {
    const rows = results.filter(({ on }) => on.startsWith(`${role} `));
    const head = ['plugin', 'what happens', ...columns.map(([name]) => name)];
    const cells = rows.map((row) => [
      `\`${row.on.slice(role.length + 1)}\``,
      row.scenario,
      ...columns.map(([, cell]) => cell(row)),
    ]);
    const lines = [head, head.map(() => '---'), ...cells].map((each) => `| ${each.join(' | ')} |`);
    return `\n## ${title}\n\n${about}\n\n${lines.join('\n')}\n`;
  });
  return `${heading(machine)}${parts.join('')}`;
}

const recovery = ['back after, ms', (row) => ms(row.recovery)];
const noticed = ['noticed after, ms', (row) => ms(row.noticed)];
const longest = ['longest, ms', (row) => ms(row.longest)];
const logged = ['lines logged', (row) => count(row.logLines)];

const titles = {
  registry: {
    title: 'Calls while the registry is in trouble',
    about: `Two nodes serve over HTTP and frames, a client calls them all the time; the registry is on the server. *Back* is when a lookup
shows both nodes again, counted from the server's return.`,
    columns: [
      ['calls', (row) => count(row.sent)],
      ['failed', (row) => count(row.failed)],
      longest,
      noticed,
      recovery,
      logged,
    ],
  },
  broker: {
    title: 'Events that must not be lost',
    about: `Subscribers of one queue with \`delivery: 'at-least-once'\`. A publisher tries again what was refused until it is taken. *Lost* are
events that the broker had taken and nobody got; *doubled* those that came more than once, as at least once allows. Where the link is
silent or the server slow, *sent* counts the calls that went on beside them, over HTTP.`,
    columns: [
      ['sent', (row) => count(row.sent)],
      ['publishes refused', (row) => count(row.failed)],
      ['lost', (row) => count(row.lost)],
      ['doubled', (row) => count(row.doubled)],
      noticed,
      recovery,
      logged,
    ],
  },
  transport: {
    title: 'Calls over a server',
    about: `Calls that cannot reach their node fail as \`unavailable\`, at once or when that is noticed; those that cannot have been processed
are tried elsewhere by themselves. *Ran twice* is 0 or the transport lies.`,
    columns: [
      ['calls', (row) => count(row.sent)],
      ['failed', (row) => count(row.failed)],
      ['ran twice', (row) => count(row.doubled)],
      longest,
      noticed,
      recovery,
      logged,
    ],
  },
};

const heading = ({ node, cores }) => `# What happens when servers fail

Written by \`npm run reliability\` from \`docs/reliability.json\`; do not edit. Each row is one run on real servers that were stopped, killed,
emptied or cut off, with services in processes of their own: Node ${node}, ${cores} cores shared with everything else, three scenarios at a
time. The same scenarios run in \`npm test\`, with bars. *Lines logged* is the most that one process wrote: one line for each change of state.
`;

await main(async () => {
  const [only] = process.argv.slice(2);
  if (only === '--check') {
    if (!existsSync(page) || readFileSync(page, 'utf8') !== written())
      throw new Stop('docs/reliability.md is not current: run npm run reliability -- --page');
    return 0;
  }
  const code = only === '--page' ? 0 : await measure();
  writeFileSync(page, written());
  return code;
});
