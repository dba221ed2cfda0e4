import { needsServer } from '@micro-ts/testing/servers';
import { servers } from './infrastructure.ts';
import { record, scenario } from './record.ts';
import { halfOpen } from './scenarios/half-open.ts';
import { registryAway } from './scenarios/registry-away.ts';
import { slowServer } from './scenarios/slow-server.ts';

// Bars have slack for loaded machines; what is printed is the figure.
describe.each(servers.registry)('calls with the registry %s', (kind) => {
  needsServer(
    describe,
    kind,
    true,
  )('on a server of its own', () => {
    scenario.each([
      ['comes back with what it kept', false],
      ['comes back empty', true],
    ])('go on while it is away, also if it %s', async (_, wiped) => {
      const result = record(await registryAway(kind, wiped));
      expect(result).toMatchObject({ failed: 0, doubled: 0 });
      expect(result.recovery).toBeLessThan(8_000);
      expect(result.logLines).toBeLessThan(10);
    });

    scenario('go on while the link to it is silent', async () => {
      const result = record(await halfOpen('registry', kind));
      expect(result).toMatchObject({ failed: 0, doubled: 0 });
      expect(result.noticed).toBeLessThan(14_000);
      expect(result.recovery).toBeLessThan(8_000);
      expect(result.logLines).toBeLessThan(10);
    });

    scenario('go on while it is slow', async () => {
      expect(record(await slowServer('registry', kind))).toMatchObject({ failed: 0, doubled: 0 });
    });
  });
});
