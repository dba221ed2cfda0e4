import { setTimeout as pause } from 'node:timers/promises';
import type { ServerKind } from '@micro-ts/testing/servers';
import type { Ledger } from '../ledger.service.ts';
import { Load } from '../load.ts';
import type { Result } from '../result.ts';
import { play } from '../stage.ts';

/** One of two nodes is killed with 64 calls in flight. */
export const nodeKilled = (kind: ServerKind): Promise<Result> =>
  play('transport', kind, async (stage) => {
    const { members } = stage;
    const nodes = [members.start(stage.config), members.start(stage.config)];
    const [victim] = await Promise.all(nodes);
    const app = await stage.app();
    await stage.sees(app, 2);
    const ledger = app.client<Ledger>('ledger');
    // Work that is longer than the notice: what the victim had in hand waits for it.
    const load = new Load((id) => ledger.add({ id, ms: 300 }, { timeout: 5_000 }));
    await pause(1_500);
    const killed = performance.now();
    victim?.process.kill('SIGKILL');
    await pause(2_000);
    await load.stop();
    return {
      scenario: 'a node is killed with calls in flight',
      on: stage.on,
      sent: load.attempted.length,
      failed: load.failed.length,
      lost: 0,
      doubled: stage.doubled(),
      longest: load.longest,
      noticed: Math.max(0, ...load.failed.map(({ ended }) => ended - killed)),
      logLines: members.logs().most,
    };
  });
