import { setTimeout as pause } from 'node:timers/promises';
import type { ServerKind } from '@micro-ts/testing/servers';
import type { PlayedRole } from '../infrastructure.ts';
import { counted } from '../ledger.service.ts';
import type { Ledger } from '../ledger.service.ts';
import { Load, publishAll } from '../load.ts';
import type { Result } from '../result.ts';
import { play } from '../stage.ts';
import { until } from '../until.ts';

const events = 200;

/** Each word to the server and back takes 200 ms. */
export const slowServer = (role: PlayedRole, kind: ServerKind, ms = 200): Promise<Result> =>
  play(role, kind, async (stage) => {
    const { link, members } = stage;
    await members.start(stage.config, role === 'broker' ? 'Ledger,Workers' : 'Ledger');
    const app = await stage.app();
    await stage.sees(app, 1);
    link.set({ slow: ms });
    const ledger = app.client<Ledger>('ledger');
    const load = new Load((id) => ledger.add({ id, ms: 1 }), 8, 10);
    let refused = 0;
    let lost = 0;
    if (role === 'broker') {
      const publish = (id: string): Promise<void> => app.publish(counted, { id });
      refused = (await publishAll(publish, events)).refused;
      const came = (): number =>
        [...members.counts().keys()].filter((id) => id.startsWith('e')).length;
      await until('all events came', () => came() >= events).catch(() => undefined);
      lost = events - came();
    }
    await pause(4_000);
    await load.stop();
    const { status } = app.health();
    if (status !== 'ok') throw new Error(`the app is ${status} with a slow server`);
    return {
      scenario: `the server is slow by ${ms} ms`,
      on: stage.on,
      sent: load.attempted.length + (role === 'broker' ? events : 0),
      failed: load.failed.length + refused,
      lost,
      doubled: stage.doubled(),
      longest: load.longest,
      logLines: members.logs().most,
    };
  });
