// npm run bench -- gateway: HTTP → gateway → service, each a process of its own. What counts is the CPU
// of the gateway; at half of its load, what it adds to the latency of a service that is called directly.
import { contend, select } from './contending.mjs';

export const contenders = [
  { name: 'gateway-micro', gateway: true },
  { name: 'gateway-moleculer', gateway: true },
  { name: 'gateway-nest', gateway: true },
  { name: 'gateway-nest-fastify', module: 'gateway-nest', gateway: true, options: { fast: true } },
];

/** So many requests in flight make half as many a second as 64 do. */
const lanesOfHalf = 3;

/** @returns the figures of each */
export async function gateway({ only, ...length }) {
  const what = { what: 'request', counted: 'the gateway' };
  const results = await contend(select(contenders, only), { ...length, ...what });
  const full = results.find(({ name }) => name === 'gateway-micro');
  if (full === undefined) return results;
  const halves = [
    { name: 'gateway-micro-half', module: 'gateway-micro', gateway: true },
    { name: 'direct-half', module: 'direct-http' },
  ];
  const calm = { ...length, ...what, inFlight: lanesOfHalf };
  const [half, direct] = await contend(halves, calm);
  const share = (100 * half.callsPerSec) / full.callsPerSec;
  console.log(`\n${lanesOfHalf} in flight are ${share.toFixed(0)} % of what 64 come to`);
  return [...results, half, direct];
}
