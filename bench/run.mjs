#!/usr/bin/env node
// npm run bench: Micro beside its peers.
//   npm run bench -- [GROUP …] [--only a,b] [--rounds 5] [--seconds 3] [--json FILE] [--assert]
//                    [--profile DIR]
//   GROUP: compare (the default), transports, brokers, registries, gateway; growth, start, stall
// transports, brokers and registries start nats-server, rabbitmq-server, redis-server, etcd and consul.
// With --assert, a missed bar is an error.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { prepare } from '../scripts/build.mjs';
import { exclusively } from '../scripts/exclusive.mjs';
import { install } from '../scripts/install.mjs';
import { main, Stop } from '../scripts/run-command.mjs';
import { judge, tellBars } from './bars.mjs';

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

const inFlight = 64;
const only = values.only?.split(',');
const length = { rounds: Number(values.rounds), seconds: Number(values.seconds) };

/** What has results that are compared: each is told of, written and judged with the others. */
const groups = {
  compare: () => import('./compare.mjs'),
  transports: () => import('./transports.mjs'),
  brokers: () => import('./brokers.mjs'),
  registries: () => import('./registries.mjs'),
  gateway: () => import('./gateway.mjs'),
};

/** What judges itself. */
const runs = {
  growth: async () => (await import('./growth.mjs')).growth(length),
  start: async () => (await import('./start.mjs')).startTime(),
  stall: async () => (await import('./stall.mjs')).stalledReader(),
};

await main(async () => {
  const names = positionals.length > 0 ? positionals : ['compare'];
  const known = { ...groups, ...runs };
  for (const name of names)
    if (known[name] === undefined)
      throw new Stop(`There is no ${name}; there are ${Object.keys(known)}`);
  await prepare();
  await exclusively(() => install(import.meta.dirname));
  const chosen = names.filter((name) => name in groups);
  let met = chosen.length === 0 || (await compareGroups(chosen));
  for (const name of names.filter((each) => each in runs)) met = (await runs[name]()) && met;
  return met || !values.assert ? 0 : 1;
});

/** @returns whether all bars are met */
async function compareGroups(names) {
  const modules = await Promise.all(names.map((name) => groups[name]()));
  const contenders = modules.flatMap((module) => module.contenders.map(({ name }) => name));
  const unknown = only?.find((name) => !contenders.includes(name));
  if (unknown !== undefined) throw new Stop(`no contender ${unknown}; there are ${contenders}`);
  const results = [];
  for (const [at, name] of names.entries())
    results.push(
      ...(await modules[at][name]({ only, inFlight, profile: values.profile, ...length })),
    );
  const met = tellBars(judge(results));
  if (values.json !== undefined) {
    const report = {
      ...{ node: process.versions.node, cpus: availableParallelism(), inFlight },
      results,
    };
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  return met;
}
