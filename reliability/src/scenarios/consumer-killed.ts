import type { ServerKind } from '@micro-ts/testing/servers';
import { counted } from '../ledger.service.ts';
import { publishAll } from '../load.ts';
import type { Result } from '../result.ts';
import { play } from '../stage.ts';
import { until } from '../until.ts';

const total = 10_000;

/** One of two consumers is killed with events in hand. */
export const consumerKilled = (kind: ServerKind): Promise<Result> =>
  play('broker', kind, async (stage) => {
    const { members } = stage;
    const [victim] = await Promise.all([1, 2].map(() => members.start(stage.config, 'Workers', 2)));
    const app = await stage.app();
    const published = publishAll((id) => app.publish(counted, { id }), total);
    await until('some events were handled', () => members.counts().size > total / 4);
    victim?.process.kill('SIGKILL');
    const killed = performance.now();
    const { refused, longest } = await published;
    const all = (): boolean => members.counts().size >= total;
    await until('all events came', all, 45_000).catch(() => undefined);
    return {
      scenario: 'a consumer is killed with events in hand',
      on: stage.on,
      sent: total,
      failed: refused,
      lost: total - members.counts().size,
      doubled: stage.doubled(),
      longest,
      recovery: performance.now() - killed,
      logLines: members.logs().most,
    };
  });
