import { needsServer } from '@micro-ts/testing/servers';
import { servers } from './infrastructure.ts';
import { record, scenario } from './record.ts';
import { brokerAway, brokerWiped } from './scenarios/broker-away.ts';
import { consumerKilled } from './scenarios/consumer-killed.ts';
import { halfOpen } from './scenarios/half-open.ts';
import { slowServer } from './scenarios/slow-server.ts';

// Bars have slack for loaded machines; what is printed is the figure.
describe.each(servers.broker)('events that must not be lost, over %s', (kind) => {
  needsServer(
    describe,
    kind,
    true,
  )('on a server of its own', () => {
    scenario('all come though the server is away for a while', async () => {
      const result = record(await brokerAway(kind));
      expect(result.lost).toBe(0);
      expect(result.recovery).toBeLessThan(8_000);
      expect(result.logLines).toBeLessThan(10);
    });

    scenario('come again after the server lost all that it kept', async () => {
      const result = record(await brokerWiped(kind));
      expect(result.recovery).toBeLessThan(8_000);
      expect(result.logLines).toBeLessThan(10);
    });

    scenario('all come though a consumer is killed', async () => {
      const result = record(await consumerKilled(kind));
      expect(result).toMatchObject({ lost: 0, failed: 0 });
      // What the victim had in hand, at most.
      expect(result.doubled).toBeLessThanOrEqual(32);
    });

    scenario('come again when a silent link is back', async () => {
      const result = record(await halfOpen('broker', kind));
      expect(result.noticed).toBeLessThan(14_000);
      expect(result.recovery).toBeLessThan(8_000);
      expect(result.logLines).toBeLessThan(10);
    });

    scenario('come though the server is slow', async () => {
      const result = record(await slowServer('broker', kind));
      expect(result.lost).toBe(0);
      // Those that were published while the way was being opened may be refused.
      expect(result.failed).toBeLessThanOrEqual(16);
    });
  });
});
