// Micro beside its peers: every contender runs once a round, so that a busy minute hits all of them.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge } from './bars.mjs';
import { cpuOfWindow, median } from './measuring.mjs';
import { tellProfiles } from './profiles.mjs';
import { freePorts, startWorker } from './processes.mjs';

/** In one process, or with a server in a second one. */
const contenders = [
  { name: 'micro-frames' },
  { name: 'micro-http' },
  { name: 'nest-tcp' },
  { name: 'moleculer-tcp' },
  { name: 'grpc-js' },
  { name: 'http-undici' },
  { name: 'mux-floor' },
  { name: 'micro-local', alone: true },
  { name: 'micro-stream' },
];

/** @returns whether all bars were met */
export async function compare({ only, rounds, seconds, inFlight, json, profile }) {
  const chosen = select(only);
  const shared = mkdtempSync(join(tmpdir(), 'micro-bench-'));
  const running = [];
  try {
    for (const contender of chosen) running.push(await open(contender, inFlight, shared, profile));
    for (let round = 1; round <= rounds; round++) {
      for (const contender of running) {
        const figures = await cpuOfWindow(contender, inFlight, seconds * 1_000);
        contender.rounds.push(figures);
        console.log(`round ${round}/${rounds}  ${line(contender.name, figures)}`);
      }
    }
  } finally {
    await Promise.all(running.flatMap(({ workers }) => workers.map((worker) => worker.close())));
    rmSync(shared, { recursive: true, force: true });
  }
  const results = running.map(({ name, rounds: figures }) => summary(name, figures));
  const cpus = availableParallelism();
  tell(results, `Node ${process.versions.node}, ${cpus} CPUs, ${inFlight} in flight`);
  if (json !== undefined) {
    const report = { node: process.versions.node, cpus, inFlight, results };
    writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  if (profile !== undefined) tellProfiles(profile);
  return tellBars(judge(results));
}

function select(only) {
  const unknown = only?.find((name) => !contenders.some((contender) => contender.name === name));
  if (unknown !== undefined)
    throw new Error(`no contender ${unknown}; there are ${contenders.map(({ name }) => name)}`);
  const wanted = only === undefined ? contenders : contenders.filter((c) => only.includes(c.name));
  return wanted.filter(({ name }) =>
    existsSync(join(import.meta.dirname, 'contenders', `${name}.mjs`)),
  );
}

async function open({ name, alone }, inFlight, shared, profile) {
  const [port, otherPort] = await freePorts(2);
  const options = { port, otherPort, inFlight };
  // Micro's nodes find each other in a registry of their own.
  const settings = { env: { MICRO_BENCH_REGISTRY: join(shared, name) }, profile };
  const server = alone ? undefined : startWorker(name, 'server', settings);
  await server?.ask('open', options);
  const client = startWorker(name, 'client', settings);
  await client.ask('open', options);
  const workers = server === undefined ? [client] : [client, server];
  return { name, client, workers, rounds: [] };
}

function summary(name, rounds) {
  const medianOf = (key) => median(rounds.map((figures) => figures[key]));
  return {
    name,
    cpuUs: {
      min: round(Math.min(...rounds.map(({ cpuUs }) => cpuUs)), 2),
      median: round(medianOf('cpuUs'), 2),
    },
    callsPerSec: round(medianOf('callsPerSec'), 0),
    p50: round(medianOf('p50'), 3),
    p99: round(medianOf('p99'), 3),
    rssMb: round(medianOf('rssMb'), 1),
  };
}

const round = (value, digits) => Number(value.toFixed(digits));

const line = (name, { cpuUs, callsPerSec, p50, p99, rssMb }) =>
  `${name.padEnd(14)} ${cpuUs.toFixed(1).padStart(7)} µs ${callsPerSec.toFixed(0).padStart(9)}/s` +
  `  p50 ${p50.toFixed(3)} p99 ${p99.toFixed(3)} ms  ${rssMb.toFixed(0)} MB`;

function tell(results, title) {
  console.log(`\n${title}; CPU is of client and server together, latencies are in ms\n`);
  console.log('contender       CPU µs min  median    calls/s     p50      p99  server MB');
  for (const { name, cpuUs, callsPerSec, p50, p99, rssMb } of results)
    console.log(
      name.padEnd(14) +
        cpuUs.min.toFixed(2).padStart(12) +
        cpuUs.median.toFixed(2).padStart(8) +
        callsPerSec.toLocaleString('en').padStart(11) +
        p50.toFixed(3).padStart(8) +
        p99.toFixed(3).padStart(9) +
        rssMb.toFixed(0).padStart(11),
    );
}

function tellBars(judged) {
  if (judged.length > 0) console.log('');
  for (const { text, measured, met } of judged) {
    const figure =
      measured >= 1_000 ? Math.round(measured).toLocaleString('en') : measured.toFixed(2);
    console.log(`${met ? 'met   ' : 'MISSED'}  ${text}: ${figure}`);
  }
  return judged.every(({ met }) => met);
}
