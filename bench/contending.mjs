// Contenders side by side: every one runs once a round, so that a busy minute hits all of them.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuOfWindow, median } from './measuring.mjs';
import { freePorts, startWorker } from './processes.mjs';
import { startServers } from './servers.mjs';
import { tellProfiles } from './profiles.mjs';

/**
 * A contender is a module of `contenders` (`module`, else its name) in one process (`alone`), or with a
 * server in a second one; `kind` names the server that both meet at, and `options` are passed on. With
 * `gateway` a third one stands between, whose CPU alone counts.
 * @returns the medians of each
 */
export async function contend(contenders, length) {
  const {
    rounds,
    seconds,
    inFlight,
    profile,
    what = 'call',
    counted = 'both processes together',
  } = length;
  const shared = mkdtempSync(join(tmpdir(), 'micro-bench-'));
  const running = [];
  let servers;
  try {
    servers = await startServers(contenders.flatMap(({ kind }) => kind ?? []));
    for (const contender of contenders)
      running.push(await open(contender, { inFlight, shared, profile, servers }));
    for (let round = 1; round <= rounds; round++) {
      for (const contender of running) {
        const figures = await cpuOfWindow(contender, inFlight, seconds * 1_000);
        contender.rounds.push(figures);
        console.log(`round ${round}/${rounds}  ${line(contender.name, figures)}`);
      }
    }
  } finally {
    await Promise.all(running.flatMap(({ workers }) => workers.map((worker) => worker.close())));
    await servers?.close();
    rmSync(shared, { recursive: true, force: true });
  }
  const results = running.map(({ name, rounds: figures }) => summary(name, figures));
  const cpus = availableParallelism();
  const load = loadavg()[0].toFixed(1);
  const title = `Node ${process.versions.node}, ${cpus} CPUs, load ${load}, ${inFlight} in flight`;
  tell(results, title, what, counted);
  if (profile !== undefined) tellProfiles(profile);
  return results;
}

/** Those of `contenders` that are wanted, and whose module is there. */
export const select = (contenders, only) =>
  contenders.filter(
    ({ name, module = name }) =>
      (only === undefined || only.includes(name)) &&
      existsSync(join(import.meta.dirname, 'contenders', `${module}.mjs`)),
  );

async function open({ name, module, alone, gateway, kind, options }, surroundings) {
  const { inFlight, shared, profile, servers } = surroundings;
  const [port, otherPort, httpPort] = await freePorts(3);
  const url = servers.get(kind)?.url;
  const given = { port, otherPort, httpPort, inFlight, kind, url, ...options };
  // Micro's nodes find each other in a registry of their own.
  const settings = { module, env: { MICRO_BENCH_REGISTRY: join(shared, name) }, profile };
  const server = alone ? undefined : startWorker(name, 'server', settings);
  await server?.ask('open', given);
  const between = gateway ? startWorker(name, 'gateway', settings) : undefined;
  await between?.ask('open', given);
  const client = startWorker(name, 'client', settings);
  await client.ask('open', given);
  const workers = [client, between, server].filter((worker) => worker !== undefined);
  const counted = between === undefined ? workers : [between];
  const serverCpuUs = kind === undefined ? undefined : () => servers.cpuUs(kind);
  return { name, client, workers, counted, rounds: [], serverCpuUs };
}

function summary(name, rounds) {
  const medianOf = (key) => median(rounds.map((figures) => figures[key]));
  const [first] = rounds;
  return {
    name,
    cpuUs: {
      min: round(Math.min(...rounds.map(({ cpuUs }) => cpuUs)), 2),
      median: round(medianOf('cpuUs'), 2),
    },
    ...(first.serverCpuUs !== undefined && { serverCpuUs: round(medianOf('serverCpuUs'), 2) }),
    callsPerSec: round(medianOf('callsPerSec'), 0),
    p50: round(medianOf('p50'), 3),
    p99: round(medianOf('p99'), 3),
    rssMb: round(medianOf('rssMb'), 1),
    ...(first.lost !== undefined && { lost: rounds.reduce((sum, { lost }) => sum + lost, 0) }),
  };
}

const round = (value, digits) => Number(value.toFixed(digits));

const line = (name, { cpuUs, serverCpuUs, callsPerSec, p50, p99, rssMb, lost }) =>
  `${name.padEnd(26)} ${cpuUs.toFixed(1).padStart(7)} µs ${callsPerSec.toFixed(0).padStart(9)}/s` +
  `  p50 ${p50.toFixed(3)} p99 ${p99.toFixed(3)} ms  ${rssMb.toFixed(0)} MB` +
  (serverCpuUs === undefined ? '' : `  server ${serverCpuUs.toFixed(1)} µs`) +
  (lost ? `  LOST ${lost}` : '');

function tell(results, title, what, counted) {
  console.log(`\n${title}; CPU per ${what} is of ${counted}, latencies are in ms\n`);
  console.log(
    `contender                 CPU µs min  median  server's${`${what}s/s`.padStart(12)}` +
      '     p50      p99        MB   lost',
  );
  for (const { name, cpuUs, serverCpuUs, callsPerSec, p50, p99, rssMb, lost } of results)
    console.log(
      name.padEnd(26) +
        cpuUs.min.toFixed(2).padStart(10) +
        cpuUs.median.toFixed(2).padStart(8) +
        (serverCpuUs?.toFixed(2) ?? '').padStart(10) +
        callsPerSec.toLocaleString('en').padStart(12) +
        p50.toFixed(3).padStart(8) +
        p99.toFixed(3).padStart(9) +
        rssMb.toFixed(0).padStart(10) +
        (lost === undefined ? '' : String(lost).padStart(7)),
    );
}
