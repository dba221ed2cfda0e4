import { setTimeout as pause } from 'node:timers/promises';
import type { ServerKind } from '@micro-ts/testing/servers';
import type { PlayedRole } from '../infrastructure.ts';
import { counted } from '../ledger.service.ts';
import type { Ledger } from '../ledger.service.ts';
import { Load } from '../load.ts';
import type { Result } from '../result.ts';
import { downOf, isUp, play } from '../stage.ts';
import type { Stage } from '../stage.ts';
import { until } from '../until.ts';

/** The link to the server carries nothing any more, and nobody is told; then it does again. */
export const halfOpen = (role: PlayedRole, kind: ServerKind, ms = 15_000): Promise<Result> =>
  play(role, kind, async (stage) => {
    const { link, members } = stage;
    const services = role === 'broker' ? 'Ledger,Workers' : 'Ledger';
    await Promise.all([
      members.start(stage.config, services),
      members.start(stage.config, services),
    ]);
    const app = await stage.app();
    // Something of this app that has to be noticed.
    if (role === 'broker') await app.subscribe(counted, async () => undefined);
    await stage.sees(app, 2);
    const ledger = app.client<Ledger>('ledger');
    const load = new Load((id) => ledger.add({ id, ms: 1 }, { timeout: 2_000 }), 8, 10);
    await pause(500);
    const down = downOf(app);
    link.set('drop');
    await pause(ms);
    link.set('none');
    link.cut();
    const recovery = await back(stage, role, app, load);
    await load.stop();
    down.stop();
    const noticed = down.after();
    return {
      scenario: 'the link is silent',
      on: stage.on,
      sent: load.attempted.length,
      failed: load.failed.length,
      lost: 0,
      doubled: stage.doubled(),
      longest: load.longest,
      recovery,
      ...(noticed === undefined ? {} : { noticed }),
      logLines: members.logs().most,
    };
  });

/** Until all is as before, in ms. */
async function back(
  stage: Stage,
  role: PlayedRole,
  app: Awaited<ReturnType<Stage['app']>>,
  load: Load,
): Promise<number> {
  const began = performance.now();
  if (role === 'transport') return until('a call succeeds', () => load.good(began) > 0);
  if (role === 'registry') {
    return (await until('the app is up', () => isUp(app))) + (await stage.sees(app, 2));
  }
  let sent = 0;
  return until('an event comes', async () => {
    const id = `h${sent++}`;
    await app.publish(counted, { id }).catch(() => undefined);
    await pause(50);
    return stage.members.counts().has(id);
  });
}
