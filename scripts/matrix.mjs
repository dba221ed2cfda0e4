#!/usr/bin/env node
// npm run matrix: samples/swap under every registry × broker × transport, by environment alone.
// node scripts/matrix.mjs [--pairwise] [--only TEXT] [--write] [--json FILE]
//   [--no-build] [--no-provide]
// --pairwise: as few cells as have every pair; --only nats: cells with that plugin; --write: puts the
// table into docs/plugins/matrix.md. Fails if a cell fails.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { prepare } from './build.mjs';
import { runCell } from './matrix-cell.mjs';
import { isInterrupted, main, secondsSince } from './run-command.mjs';
import { obtainServers } from './servers.mjs';
import { readJson, root } from './workspace.mjs';

const sample = 'samples/swap';
const page = join(root, 'docs', 'plugins', 'matrix.md');

/** Cells at once. Each has servers of its own, so that nobody meets the services of another cell. */
const lanes = 2;

const load = (path) => import(pathToFileURL(join(root, path)).href);

/** The plugins that the sample can reach, and what each plays; `memory` is one process's own. */
async function pluginsOfSample() {
  const names = ['framework/micro', sample].flatMap((folder) =>
    Object.keys(readJson(`${folder}/package.json`).dependencies)
      .filter((name) => name.startsWith('@micro-ts/'))
      .map((name) => name.slice('@micro-ts/'.length)),
  );
  const found = [];
  for (const name of [...new Set(names)].filter((each) => each !== 'memory')) {
    const { default: plugin } = await load(`node_modules/@micro-ts/${name}/dist/index.js`);
    if (plugin?.roles !== undefined) found.push({ name, roles: Object.keys(plugin.roles) });
  }
  return found;
}

function cellsOf(plugins, { pairwise, only }) {
  const playing = (role) => plugins.filter(({ roles }) => roles.includes(role));
  // What needs no server comes first.
  const names = (role) => {
    const order = ['local', 'http', 'mdns', ...plugins.map(({ name }) => name)];
    return playing(role)
      .map(({ name }) => name)
      .sort((a, b) => order.indexOf(a) - order.indexOf(b));
  };
  const transports = names('transport');
  return names('registry').flatMap((registry, i) =>
    names('broker').flatMap((broker, j) =>
      transports
        // Diagonals: each broker and each registry meets each transport, and each other.
        .filter((_, k) => !pairwise || k === (i + j) % transports.length)
        .map((transport) => ({ registry, broker, transport }))
        .filter((cell) => only === undefined || Object.values(cell).includes(only)),
    ),
  );
}

async function runAll(cells) {
  const used = new Set(cells.flatMap((cell) => Object.values(cell)));
  const { findProgram, serverKinds, startServer } = await load(
    'framework/testing/dist/servers/index.js',
  );
  const kinds = serverKinds.filter((kind) => used.has(kind) && findProgram(kind) !== undefined);
  const lacking = new Map(
    serverKinds
      .filter((kind) => !kinds.includes(kind))
      .map((kind) => [kind, `there is no ${kind}`]),
  );
  const multicast = used.has('mdns') ? lacksMulticast() : undefined;
  if (multicast !== undefined) lacking.set('mdns', multicast);

  const queue = [...cells];
  const results = new Map();
  const lane = async () => {
    const servers = await Promise.all(kinds.map((kind) => startServer(kind)));
    try {
      const urls = Object.fromEntries(servers.map(({ kind, url }) => [kind, url]));
      for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
        if (isInterrupted()) return;
        const missing = Object.values(cell).find((name) => lacking.has(name));
        const result =
          missing === undefined
            ? await runCell(cell, urls)
            : { ...cell, ok: undefined, reason: lacking.get(missing) };
        results.set(cell, result);
        if (missing === undefined) console.log(lineOf(result));
      }
    } finally {
      await Promise.all(servers.map((server) => server.close()));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return cells.map((cell) => results.get(cell)).filter((result) => result !== undefined);
}

/** Why mDNS cannot be tried here: many containers have no multicast on their loopback interface. */
function lacksMulticast() {
  const probe = `
    const socket = require('node:dgram').createSocket({ type: 'udp4', reuseAddr: true });
    socket.on('message', () => process.exit(0));
    socket.bind(0, () => {
      socket.addMembership('224.0.0.251', '127.0.0.1');
      socket.setMulticastInterface('127.0.0.1');
      socket.send('x', socket.address().port, '224.0.0.251');
    });
    setTimeout(() => process.exit(1), 2000);`;
  const { status } = spawnSync(process.execPath, ['-e', probe], { stdio: 'ignore' });
  return status === 0 ? undefined : 'mdns: the loopback interface has no multicast';
}

const nameOf = ({ registry, broker, transport }) =>
  `registry ${registry}, broker ${broker}, transport ${transport}`;

function lineOf({ ok, ms, steps, ...cell }) {
  const times = Object.entries(steps).map(([name, took]) => `${name} ${took}`);
  return `${ok ? 'ok  ' : 'FAIL'} ${nameOf(cell)}: ${ms} ms (${times.join(', ')})`;
}

/** A line for each registry and broker, a column for each transport. */
function tableOf(results) {
  const transports = [...new Set(results.map(({ transport }) => transport))];
  const rows = new Map();
  for (const { registry, broker, transport, ok, ms } of results) {
    const key = `${registry} | ${broker}`;
    const said = ok === undefined ? 'skipped' : ok ? `${(ms / 1000).toFixed(1)} s` : 'FAILED';
    rows.set(key, { ...rows.get(key), [transport]: said });
  }
  return [
    `| registry | broker | ${transports.map((name) => `transport ${name}`).join(' | ')} |`,
    `|---|---|${transports.map(() => '---|').join('')}`,
    ...[...rows].map(
      ([key, said]) => `| ${key} | ${transports.map((name) => said[name] ?? '').join(' | ')} |`,
    ),
  ].join('\n');
}

function writeTable(table) {
  const text = readFileSync(page, 'utf8');
  const [begin, end] = ['<!-- matrix -->', '<!-- /matrix -->'];
  const [before, after] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  writeFileSync(page, `${text.slice(0, before)}\n${table}\n${text.slice(after)}`);
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      pairwise: { type: 'boolean' },
      only: { type: 'string' },
      write: { type: 'boolean' },
      json: { type: 'string' },
      'no-build': { type: 'boolean' },
      'no-provide': { type: 'boolean' },
    },
  });
  const began = performance.now();
  if (!values['no-build']) await prepare([sample]);
  const plugins = await pluginsOfSample();
  const cells = cellsOf(plugins, values);
  if (!values['no-provide']) await obtainServers([sample]);
  const results = await runAll(cells);
  const table = tableOf(results);
  const failed = results.filter(({ ok }) => ok === false);
  const skipped = results.filter(({ ok }) => ok === undefined);
  console.log(`\n${table}`);
  for (const { reason, ...cell } of failed) console.log(`\n${nameOf(cell)}\n${reason}`);
  for (const reason of new Set(skipped.map((cell) => cell.reason)))
    console.log(`skipped: ${reason}`);
  console.log(
    `\n${results.length} cells in ${secondsSince(began)}: ${failed.length} failed, ${skipped.length} skipped`,
  );
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2));
  if (values.write) writeTable(table);
  if (isInterrupted()) return 130;
  return failed.length === 0 ? 0 : 1;
});
