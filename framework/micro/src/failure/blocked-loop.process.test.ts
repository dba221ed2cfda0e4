import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, protocols, report } from './cluster.test.fixture.ts';

/** Blocks this process, so that nothing is read meanwhile. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it.each(protocols)('answers that wait in the socket are not late, over %s', async (protocol) => {
  const cluster = new Cluster(protocol);
  await cluster.node();
  const client = await cluster.client(1);
  const call = (id: string, timeout: number) => client.add({ id, ms: 200 }, { timeout });
  await Promise.all(Array.from({ length: 64 }, (_, n) => call(`warm${n}`, 5_000)));
  await pause(100);
  const calls = Array.from({ length: 64 }, (_, n) => call(`b${n}`, 1_000));
  // The requests leave before the process is blocked; the answers arrive while it is.
  await pause(100);
  block(1_600);
  const settled = await Promise.allSettled(calls);
  await cluster.close();
  const expired = settled.filter(({ status }) => status === 'rejected').length;
  report(`blocked for 1.6 s, ${protocol}: ${expired} of ${calls.length} calls expired`);
  expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
});
