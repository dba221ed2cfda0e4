import { setTimeout as pause } from 'node:timers/promises';
import type { ServerKind } from '@micro-ts/testing/servers';
import type { Ledger } from '../ledger.service.ts';
import { Load } from '../load.ts';
import type { Result } from '../result.ts';
import { play } from '../stage.ts';

const restarts = 10;

/** One of two nodes is restarted ten times under 64 calls in flight. */
export const rollingRestarts = (kind: ServerKind, calls = 20_000): Promise<Result> =>
  play('transport', kind, async (stage) => {
    const { members } = stage;
    const config = { ...stage.config, grace: 300 };
    const nodes = await Promise.all([members.start(config), members.start(config)]);
    const app = await stage.app();
    await stage.sees(app, 2);
    const ledger = app.client<Ledger>('ledger');
    const load = new Load((id) => ledger.add({ id, ms: 10 }));
    for (let round = 0; round < restarts; round++) {
      await pause(200);
      const node = nodes.shift();
      node?.process.kill('SIGTERM');
      await node?.ended;
      nodes.push(await members.start(config));
    }
    while (load.attempted.length < calls) await pause(50);
    await load.stop();
    return {
      scenario: `one of two nodes is restarted ${restarts} times`,
      on: stage.on,
      sent: load.attempted.length,
      failed: load.failed.length,
      lost: 0,
      doubled: stage.doubled(),
      longest: load.longest,
      logLines: members.logs().most,
    };
  });
