import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import { afterwards, closeAll, eventually } from '@micro-ts/testing';
import { event, open, textOf } from '../opened.test.fixture.ts';

const kept = { delivery: 'at-least-once', attempts: 3, concurrency: 64 } as const;

needsServer(
  describe,
  'nats',
  true,
)('where there is no JetStream', () => {
  afterEach(closeAll);
  const take = async (): Promise<void> => undefined;

  it('events pass by, and at-least-once stops the boot with what to do', async () => {
    const server = await startServer('nats', { args: () => ['-js=false'] });
    afterwards(() => server.close());
    const { broker } = open({ servers: server.url });
    const came: string[] = [];
    const passing = { ...kept, delivery: 'at-most-once' } as const;
    await broker.subscribe('plain', async (each) => void came.push(textOf(each)), passing);
    await broker.publish('plain', event('here'));
    await eventually(() => expect(came).toEqual(['here']));
    const refused = broker.subscribe('plain', take, kept);
    await expect(refused).rejects.toMatchObject({ name: 'ConfigError', key: 'nats.servers' });
    await expect(refused).rejects.toThrow(/has no JetStream.*\n.*-js/);
  });

  it('for an account, that is said too, and who may not ask publishes all the same', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-config-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(
      join(folder, 'nats.conf'),
      `accounts {
        NONE { users = [ { user: none, password: none } ] }
        SOME {
          jetstream: enabled
          users = [
            { user: some, password: some },
            { user: few, password: few, permissions { publish: ["free.>"], subscribe: [">"] } },
          ]
        }
      }`,
    );
    const server = await startServer('nats', { args: () => ['-c', join(folder, 'nats.conf')] });
    afterwards(() => server.close());
    const at = (name: string) => open({ servers: server.url, username: name, password: name });
    const none = at('none').broker;
    await none.publish('free.events', event('x'));
    const lacking = none.subscribe('free.events', take, kept);
    await expect(lacking).rejects.toThrow(/allows us no JetStream/);
    const few = at('few').broker;
    const came: string[] = [];
    const count = async (each: { body: Uint8Array }): Promise<void> => void came.push(textOf(each));
    await at('some').broker.subscribe('free.events', count, { ...kept, queue: 'q' });
    await few.publish('free.events', event('free'));
    await eventually(() => expect(came).toEqual(['free']));
    const denied = few.publish('other.events', event('x'));
    await expect(denied).rejects.toMatchObject({ code: 'permission_denied' });
    await expect(denied).rejects.toThrow(/may not publish to 'other.events'/);
    const keeping = few.subscribe('free.events', count, kept);
    await expect(keeping).rejects.toMatchObject({ code: 'permission_denied' });
  });
});
