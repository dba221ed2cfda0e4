// What is open to a sidecar that stops without a word.
import { join } from 'node:path';
import { createApp, Handler, Service } from 'micro-ts';
import type { App } from 'micro-ts';
import { World } from '../cli.test.fixture.ts';
import type { Running } from '../cli.test.fixture.ts';

@Service('clock')
class Clock {
  @Handler()
  async *tick(): AsyncIterable<object> {
    yield { n: 1 };
    await new Promise(() => undefined);
  }

  @Handler({ stream: 'bidi' })
  async *echo(requests: AsyncIterable<object>): AsyncIterable<object> {
    for await (const each of requests) yield each;
  }
}

const world = new World();
let app: App;
let sidecar: Running;
let host: string;
beforeAll(async () => {
  const registry = ['local', { folder: join(world.folder, 'nodes') }] as const;
  app = await createApp({ registry, log: 'silent', grace: 0 }, [Clock]);
  sidecar = await world.sidecar({ MICRO_BROKER: 'memory' });
  host = await sidecar.prints(/listens on http:\/\/(\S+)/);
}, 90_000);
afterAll(async () => {
  world.close();
  await app.close();
});

it('ends in its reason when the sidecar is frozen', async () => {
  const open = (line: string): Running =>
    world.start(line.split(' '), { env: { MICRO_PROXY_ADDRESS: host } });
  const listening = open('subscribe news');
  const ticking = open('stream clock tick -o json');
  const echoing = open('stream clock echo -o json');
  ticking.child.stdin.end();
  const looking = open('top --every 1h');
  echoing.child.stdin.write('{"n":1}\n');
  await listening.prints(/subscribed to news/);
  await ticking.prints(/\{"n":1\}/);
  await echoing.prints(/\{"n":1\}/);
  sidecar.child.kill('SIGSTOP');
  const all = [listening, ticking, echoing, looking];
  for (const { ended, output } of all) {
    expect(await ended).toBe(1);
    expect(output.err).toContain(`the sidecar at ${host} does not answer`);
  }
}, 180_000);
