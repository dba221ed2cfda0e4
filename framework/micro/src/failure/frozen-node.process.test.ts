import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Load, protocols, report } from './cluster.test.fixture.ts';

const frozenFor = 6_000;
const timeout = 2_000;

describe.each(protocols)('one of two nodes is frozen for six seconds, over %s', (protocol) => {
  it('the rest goes on, and no call that expired runs after the thaw', async () => {
    const cluster = new Cluster(protocol);
    const [victim] = [await cluster.node(), await cluster.node()];
    const client = await cluster.client(2);
    const load = new Load((id) => client.add({ id, ms: 5 }, { timeout, retries: 0 }));
    /** Calls that end in a second, over so many ms. */
    const rateOf = async (ms: number): Promise<number> => {
      const before = load.outcomes.length;
      await pause(ms);
      return ((load.outcomes.length - before) / ms) * 1_000;
    };
    await pause(1_000);
    const before = await rateOf(2_000);
    const frozen = performance.now();
    victim.process.kill('SIGSTOP');
    const during = await rateOf(frozenFor);
    victim.process.kill('SIGCONT');
    // A machine may be busier at one time than at another.
    const rate = Math.min(before, await rateOf(2_000));
    await load.stop();
    const ledger = cluster.ledger();
    const ranLate = load.failed.filter(({ id, ended }) =>
      ledger
        .get(id)
        ?.some((line) => Number(line.split(' ')[0]) > performance.timeOrigin + ended + 20),
    );
    await cluster.close();
    const failed = load.failed.filter(({ ended }) => ended > frozen);
    report(
      `frozen for 6 s, ${protocol}: ${rate.toFixed(0)} calls/s otherwise, ${during.toFixed(0)} during ` +
        `(${((during / rate) * 100).toFixed(0)} %), ${failed.length} failed, ` +
        `${ranLate.length} expired calls ran after the thaw`,
    );
    expect(new Set(load.failed.map(({ code }) => code))).toEqual(new Set(['deadline_exceeded']));
    expect(failed.length).toBeLessThanOrEqual(64);
    expect(ranLate).toEqual([]);
    // The promise is 70 % over frames; if calls waited for the frozen one, it would be one or two.
    expect(during / rate).toBeGreaterThan(protocol === 'frames' ? 0.5 : 0.35);
  });
});
