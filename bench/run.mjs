#!/usr/bin/env node
// npm run bench: Micro beside its peers.
//   npm run bench -- [--only a,b] [--rounds 5] [--seconds 3] [--json FILE] [--assert] [--profile DIR]
//   npm run bench -- growth | start | stall
// With --assert, a missed bar is an error.
import { parseArgs } from 'node:util';
import { prepare } from '../scripts/build.mjs';
import { exclusively } from '../scripts/exclusive.mjs';
import { install } from '../scripts/install.mjs';
import { main, Stop } from '../scripts/run-command.mjs';

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string' },
    profile: { type: 'string' },
    assert: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const length = { rounds: Number(values.rounds), seconds: Number(values.seconds) };

const runs = {
  compare: async () => {
    const { compare } = await import('./compare.mjs');
    const { json, profile } = values;
    return compare({ only: values.only?.split(','), json, profile, inFlight: 64, ...length });
  },
  growth: async () => (await import('./growth.mjs')).growth(length),
  start: async () => (await import('./start.mjs')).startTime(),
  stall: async () => (await import('./stall.mjs')).stalledReader(),
};

await main(async () => {
  const [name = 'compare'] = positionals;
  const run = runs[name];
  if (run === undefined) throw new Stop(`There is no ${name}; there are ${Object.keys(runs)}`);
  await prepare();
  await exclusively(() => install(import.meta.dirname));
  const met = await run();
  return met || !values.assert ? 0 : 1;
});
