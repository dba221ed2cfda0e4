import { setTimeout as pause } from 'node:timers/promises';
import type { ServerKind } from '@micro-ts/testing/servers';
import type { Ledger } from '../ledger.service.ts';
import { Load } from '../load.ts';
import type { Result } from '../result.ts';
import { play } from '../stage.ts';
import { until } from '../until.ts';

/** The server that carries calls is gone for a while. */
export const transportAway = (kind: ServerKind, wiped: boolean, ms = 10_000): Promise<Result> =>
  play('transport', kind, async (stage) => {
    const { server, members } = stage;
    await Promise.all([members.start(stage.config), members.start(stage.config)]);
    const app = await stage.app();
    await stage.sees(app, 2);
    const ledger = app.client<Ledger>('ledger');
    const load = new Load((id) => ledger.add({ id, ms: 5 }, { timeout: 2_000 }), 16, 5);
    await pause(1_000);
    await server.stop();
    await pause(ms);
    if (wiped) await server.wipe();
    await server.start();
    const back = performance.now();
    const recovery = await until('a call succeeds', () => load.good(back) > 0);
    await pause(1_000);
    const steady = performance.now();
    await pause(2_000);
    await load.stop();
    const failedLater = load.failed.filter(({ began }) => began > steady).length;
    if (failedLater > 0) throw new Error(`${failedLater} calls failed after it was back`);
    return {
      scenario: wiped ? 'the server is killed, and what it kept is lost' : 'the server is away',
      on: stage.on,
      sent: load.attempted.length,
      failed: load.failed.length,
      lost: 0,
      doubled: stage.doubled(),
      longest: load.longest,
      recovery,
      logLines: members.logs().most,
    };
  });
