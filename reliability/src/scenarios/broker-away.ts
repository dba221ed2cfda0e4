import { setTimeout as pause } from 'node:timers/promises';
import type { ServerKind } from '@micro-ts/testing/servers';
import { counted } from '../ledger.service.ts';
import { publishAll } from '../load.ts';
import type { Result } from '../result.ts';
import { play } from '../stage.ts';
import { until } from '../until.ts';

const total = 10_000;

/** The broker's server is gone for a while and comes back with what it kept, under events. */
export const brokerAway = (kind: ServerKind, ms = 10_000): Promise<Result> =>
  play('broker', kind, async (stage) => {
    const { server, members } = stage;
    const started = [1, 2].map(() => members.start(stage.config, 'Workers'));
    await Promise.all(started);
    const app = await stage.app();
    let taken = 0;
    const publish = async (id: string): Promise<void> => {
      await app.publish(counted, { id });
      taken++;
    };
    const published = publishAll(publish, total);
    await until('some events were taken', () => taken > total / 4);
    await server.stop();
    await pause(ms);
    await server.start();
    const before = members.counts().size;
    const recovery = await until('events come again', () => members.counts().size > before);
    const { refused, longest } = await published;
    const all = (): boolean => members.counts().size >= total;
    await until('all events came', all, 30_000).catch(() => undefined);
    return {
      scenario: 'the server is away',
      on: stage.on,
      sent: total,
      failed: refused,
      lost: total - members.counts().size,
      doubled: stage.doubled(),
      longest,
      recovery,
      logLines: members.logs().most,
    };
  });

/** The broker's server comes back with nothing: topology and subscriptions are made anew. */
export const brokerWiped = (kind: ServerKind): Promise<Result> =>
  play('broker', kind, async (stage) => {
    const { server, members } = stage;
    await members.start(stage.config, 'Workers,Listeners');
    const app = await stage.app();
    let sent = 0;
    const comes = async (): Promise<boolean> => {
      const id = `w${sent++}`;
      await app.publish(counted, { id }).catch(() => undefined);
      await pause(50);
      // Once for the queue, once for those who only listen.
      return members.counts().get(id) === 2;
    };
    await until('an event comes', comes);
    await server.stop();
    await server.wipe();
    await server.start();
    const recovery = await until('an event comes to both', comes);
    return {
      scenario: 'the server is killed, and what it kept is lost',
      on: stage.on,
      sent,
      failed: 0,
      lost: 0,
      doubled: 0,
      longest: recovery,
      recovery,
      logLines: members.logs().most,
    };
  });
