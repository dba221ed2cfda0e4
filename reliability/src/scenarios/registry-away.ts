import { setTimeout as pause } from 'node:timers/promises';
import type { ServerKind } from '@micro-ts/testing/servers';
import type { Ledger } from '../ledger.service.ts';
import { Load } from '../load.ts';
import type { Result } from '../result.ts';
import { play } from '../stage.ts';

/** The registry's server is gone for a while, with or without what it kept, under calls. */
export const registryAway = (kind: ServerKind, wiped: boolean, ms = 10_000): Promise<Result> =>
  play('registry', kind, async (stage) => {
    const { server, members } = stage;
    await Promise.all([members.start(stage.config), members.start(stage.config)]);
    const app = await stage.app();
    const observer = await stage.app();
    await stage.sees(app, 2);
    const ledger = app.client<Ledger>('ledger');
    const load = new Load((id) => ledger.add({ id, ms: 1 }), 16, 5);
    await pause(500);
    await server.stop();
    await pause(ms);
    if (wiped) await server.wipe();
    await server.start();
    const recovery = await stage.sees(observer, 2);
    await pause(1_000);
    await load.stop();
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
