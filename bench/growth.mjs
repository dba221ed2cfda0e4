// npm run bench -- growth: what a call costs in a client that knows one node, and many.
import { cpuOfWindow, median } from './measuring.mjs';
import { startWorker } from './processes.mjs';

const cases = [
  { name: '1 service, 1 node', options: { services: 1, nodes: 1 } },
  { name: '1 service, 1,000 nodes', options: { services: 1, nodes: 1_000 } },
  {
    name: '1,000 services, 10 nodes each, one of them called',
    options: { services: 1_000, nodes: 10, called: 1 },
  },
  {
    name: '1,000 services, 10 nodes each, called in turn',
    options: { services: 1_000, nodes: 10 },
  },
];

/** @returns whether both bars are met */
export async function growth({ rounds, seconds }) {
  const running = [];
  try {
    for (const { name, options } of cases) {
      const client = startWorker('micro-growth', 'client');
      await client.ask('open', options);
      running.push({ name, client, workers: [client], rounds: [] });
    }
    for (let round = 1; round <= rounds; round++)
      for (const each of running) each.rounds.push(await cpuOfWindow(each, 64, seconds * 1_000));
  } finally {
    await Promise.all(running.map(({ client }) => client.close()));
  }
  const [one, manyNodes, known, inTurn] = running.map(({ rounds: figures }) =>
    median(figures.map(({ cpuUs }) => cpuUs)),
  );
  console.log('CPU per call, client and server in one process, no socket between them:');
  for (const [at, cpu] of [one, manyNodes, known, inTurn].entries())
    console.log(`  ${cases[at].name.padEnd(50)} ${cpu.toFixed(2)} µs`);
  return [
    tell('1,000 nodes ≤ 1.1 × 1 node', manyNodes / one, 1.1),
    tell('1,000 services × 10 nodes add < 1 µs', known - one, 1),
    // The processor's cache holds one service, not ten thousand nodes.
    tell('1,000 services × 10 nodes add < 1 µs, called in turn', inTurn - one, 1),
  ].every(Boolean);
}

function tell(text, measured, most) {
  const met = measured <= most;
  console.log(`${met ? 'met   ' : 'MISSED'}  ${text}: ${measured.toFixed(2)}`);
  return met;
}
