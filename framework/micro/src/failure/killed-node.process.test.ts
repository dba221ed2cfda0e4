import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Load, protocols, ranTwice, report } from './cluster.test.fixture.ts';
import type { Protocol } from './cluster.test.fixture.ts';

/** Kills one of two nodes under 64 calls in flight; tells how the calls went. */
async function killOne(protocol: Protocol, idempotent: boolean, warm: number) {
  const cluster = new Cluster(protocol);
  const [victim] = [await cluster.node(), await cluster.node()];
  const client = await cluster.client(2);
  const load = new Load((id) => {
    const request = { id, ms: 20 };
    return idempotent
      ? client.read(request, { timeout: 2_000 })
      : client.add(request, { timeout: 2_000 });
  });
  await pause(warm);
  const killed = performance.now();
  victim.process.kill('SIGKILL');
  await pause(1_500);
  await load.stop();
  const ledger = cluster.ledger();
  await cluster.close();
  const longest = Math.max(...load.outcomes.map(({ began, ended }) => ended - began));
  const late = Math.max(0, ...load.failed.map(({ ended }) => ended - killed));
  report(
    `kill -9, ${protocol}, ${idempotent ? 'idempotent' : 'not idempotent'}: ` +
      `${load.outcomes.length} calls, ${load.failed.length} failed, the last ${late.toFixed(0)} ms ` +
      `after the kill, longest call ${longest.toFixed(0)} ms, ${ranTwice(ledger).length} ran twice`,
  );
  return { load, ledger, late };
}

describe.each(protocols)('one of two nodes is killed, over %s', (protocol) => {
  it('no idempotent call fails, also when the client has only just begun', async () => {
    const { load } = await killOne(protocol, true, 150);
    expect(load.outcomes.length).toBeGreaterThan(64);
    expect(load.failed).toEqual([]);
  });

  it('the others that it had in hand fail at once as unavailable, and none runs twice', async () => {
    const { load, ledger, late } = await killOne(protocol, false, 600);
    expect(load.outcomes.length).toBeGreaterThan(64);
    expect(new Set(load.failed.map(({ code }) => code))).toEqual(new Set(['unavailable']));
    expect(load.failed.length).toBeLessThanOrEqual(64);
    // Nobody waited for a deadline; on a machine that has time it is a twentieth of this.
    expect(late).toBeLessThan(2_000);
    expect(ranTwice(ledger)).toEqual([]);
  });
});
