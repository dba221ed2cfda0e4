// npm run bench -- gateway: HTTP → gateway → service, each a process of its own. What counts is the CPU
// of the gateway; at half of its load, what it adds to the latency of a service that is called directly.
import { contend, select } from './contending.mjs';

export const contenders = [
  { name: 'gateway-micro', gateway: true },
  { name: 'gateway-moleculer', gateway: true },
  { name: 'gateway-nest', gateway: true },
];

/** @returns the figures of each */
export async function gateway({ only, ...length }) {
  const what = { what: 'request', counted: 'the gateway' };
  const results = await contend(select(contenders, only), { ...length, ...what });
  const full = results.find(({ name }) => name === 'gateway-micro');
  if (full === undefined) return results;
  const rate = full.callsPerSec / 2;
  const halves = [
    { name: 'gateway-micro-half', module: 'gateway-micro', gateway: true, rate },
    { name: 'direct-half', module: 'direct-http', rate },
  ];
  return [...results, ...(await contend(halves, { ...length, ...what }))];
}
