import { needsServer } from '@micro-ts/testing/servers';
import { servers } from './infrastructure.ts';
import { record, scenario } from './record.ts';
import { halfOpen } from './scenarios/half-open.ts';
import { nodeKilled } from './scenarios/node-killed.ts';
import { rollingRestarts } from './scenarios/rolling-restarts.ts';
import { slowServer } from './scenarios/slow-server.ts';
import { transportAway } from './scenarios/transport-away.ts';

// Bars have slack for loaded machines; what is printed is the figure.
describe.each(servers.transport)('calls over %s', (kind) => {
  needsServer(
    describe,
    kind,
    true,
  )('on a server of its own', () => {
    scenario.each([
      ['comes back with what it kept', false],
      ['comes back empty', true],
    ])('go on soon after the server %s', async (_, wiped) => {
      const result = record(await transportAway(kind, wiped));
      expect(result.recovery).toBeLessThan(8_000);
      expect(result.longest).toBeLessThan(4_000);
      expect(result.doubled).toBe(0);
      expect(result.logLines).toBeLessThan(10);
    });

    scenario('fail soon, or go elsewhere, when their node is killed', async () => {
      const result = record(await nodeKilled(kind));
      expect(result.failed).toBeLessThanOrEqual(64);
      expect(result.noticed).toBeLessThan(1_000);
      expect(result.doubled).toBe(0);
    });

    scenario('are not lost when one of two nodes is restarted again and again', async () => {
      const result = record(await rollingRestarts(kind));
      expect(result).toMatchObject({ failed: 0, doubled: 0 });
      expect(result.sent).toBeGreaterThanOrEqual(20_000);
    });

    scenario('go on soon after a silent link is back', async () => {
      const result = record(await halfOpen('transport', kind));
      expect(result.longest).toBeLessThan(4_000);
      expect(result.recovery).toBeLessThan(8_000);
      expect(result.logLines).toBeLessThan(10);
    });

    scenario('go on while the server is slow', async () => {
      expect(record(await slowServer('transport', kind))).toMatchObject({ failed: 0, doubled: 0 });
    });
  });
});
