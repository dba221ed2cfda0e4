import { memory, MemoryNetwork } from '@micro-ts/memory';
import { Raw } from 'micro-ts';
import type { Config } from 'micro-ts';
import { openSocket } from './socket.test.fixture.ts';
import { openApp, openSidecar, until } from './world.test.fixture.ts';

const query = 'broker?topic=news&queue=q&delivery=at-least-once&format=json';

interface Frame {
  readonly id: number;
  readonly attempt: number;
  readonly body: { readonly n: number };
}

/** A subscriber that has to answer, by the options of its query. */
async function openSubscriber(url: string, options = '') {
  const { socket, frames, closed } = await openSocket(`${url}/${query}${options}`);
  return {
    socket,
    closed,
    heard: (): readonly Frame[] => frames.map((frame) => JSON.parse(frame) as Frame),
    say: (answer: object): void => socket.send(JSON.stringify(answer)),
  };
}

/** What was given up can be looked at. */
function worldWithDeadLetters(network = new MemoryNetwork()) {
  const plugin = memory({ network });
  const roles = { registry: plugin, transport: plugin, broker: plugin };
  const config: Config = { ...roles, log: 'silent', grace: 0 };
  return { config, network };
}

/** Holds more than a client may. */
const roomy = () => new MemoryNetwork({ backlogBytes: 128 * 1024 * 1024 });

async function publisher(config: Config) {
  const app = await openApp(config);
  return (n: number): Promise<void> => app.publish('news', { n });
}

describe('a subscriber that answers each event', () => {
  it('has no more in hand than it asked for, and gets more as it acknowledges', async () => {
    const { config } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const { heard, say } = await openSubscriber(url, '&concurrency=2');
    const publish = await publisher(config);
    for (let n = 1; n <= 5; n++) await publish(n);
    await until('two', () => heard().length === 2);
    expect(heard()).toMatchObject([
      { id: 1, attempt: 1, topic: 'news', body: { n: 1 } },
      { id: 2, attempt: 1, body: { n: 2 } },
    ]);
    say({ ack: 2 });
    await until('one more', () => heard().length === 3);
    for (const id of [1, 3, 4, 5]) {
      await until(`event ${id}`, () => heard().length >= id);
      say({ ack: id });
    }
    await until('all', () => heard().length === 5);
    expect(heard().map(({ body }) => body.n)).toEqual([1, 2, 3, 4, 5]);
  });

  it('has no more bytes in hand than fit, and leaves them to others where there are more', async () => {
    const { config } = worldWithDeadLetters(roomy());
    const { url } = await openSidecar(config);
    const hoarder = await openSubscriber(url, '&concurrency=256');
    const app = await openApp(config);
    const event = new Raw('application/octet-stream', Buffer.alloc(4_000_000));
    for (let n = 0; n < 16; n++) await app.publish('news', event);
    await until('16', () => hoarder.heard().length === 16, 30_000);
    hoarder.say({ ack: 1 });
    for (const _ of [17, 18]) await app.publish('news', event);
    expect(await hoarder.closed).toEqual({
      code: 4429,
      reason: 'resource_exhausted: 64 MiB of events in hand are the most; ask for less concurrency',
    });
    const { socket, frames } = await openSocket(`${url}/${query}`);
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data)) as Frame;
      socket.send(JSON.stringify({ ack: id }));
    });
    await until('the others', () => frames.length === 17, 30_000);
  }, 60_000);

  it('keeps none of them where it is deaf', async () => {
    const { config } = worldWithDeadLetters(roomy());
    const { url } = await openSidecar(config);
    const deaf = await openSubscriber(url, '&concurrency=256&timeout=24h');
    deaf.socket.pause();
    const app = await openApp(config);
    const event = new Raw('application/octet-stream', Buffer.alloc(4_000_000));
    for (let n = 0; n < 17; n++) await app.publish('news', event);
    const { socket, frames } = await openSocket(`${url}/${query}`);
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data)) as Frame;
      socket.send(JSON.stringify({ ack: id }));
    });
    await until('all', () => frames.length === 17, 30_000);
  }, 60_000);

  it('gets again what it rejects, while attempts last; then it is a dead letter', async () => {
    const { config, network } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const { heard, say } = await openSubscriber(url, '&attempts=2');
    const publish = await publisher(config);
    await publish(1);
    await until('heard', () => heard().length === 1);
    say({ nack: 1, reason: 'later' });
    await until('again', () => heard().length === 2);
    expect(heard()[1]).toMatchObject({ id: 2, attempt: 2, body: { n: 1 } });
    expect(network.deadLetters).toHaveLength(0);
    say({ nack: 2, reason: 'later' });
    await until('given up', () => network.deadLetters.length === 1);
    await publish(2);
    await until('heard', () => heard().length === 3);
    say({ nack: 3, reason: 'it has no name', code: 'invalid_argument' });
    await until('given up at once', () => network.deadLetters.length === 2);
    expect(heard()).toHaveLength(3);
  });

  it('leaves what it has not answered to others, when it goes', async () => {
    const { config } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const one = await openSubscriber(url);
    const publish = await publisher(config);
    for (const n of [1, 2, 3]) await publish(n);
    await until('heard', () => one.heard().length === 3);
    one.say({ ack: 2 });
    const other = await openSubscriber(url);
    one.socket.close();
    await until('the rest', () => other.heard().length === 2);
    const rest = other.heard().map(({ body, attempt }) => [body.n, attempt]);
    expect(rest.sort()).toEqual([
      [1, 2],
      [3, 2],
    ]);
  });

  it('uses up no attempts of others while it goes', async () => {
    const { config, network } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const publish = await publisher(config);
    for (let round = 0; round < 10; round++) {
      const leaving = await openSubscriber(url, '&concurrency=4&attempts=3');
      for (let n = 0; n < 8; n++) await publish(n);
      await until('heard', () => leaving.heard().length === 4);
      for (const id of [1, 2, 3, 4]) leaving.say({ ack: id });
      leaving.socket.close();
      const other = await openSubscriber(url, '&attempts=3');
      await until('the rest', () => other.heard().length === 4);
      for (const { id } of other.heard()) other.say({ ack: id });
      other.socket.close();
      await other.closed;
    }
    expect(network.deadLetters).toEqual([]);
  });

  it('is let go when it does not answer in time, and others are asked', async () => {
    const { config } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const slow = await openSubscriber(url, '&timeout=1s');
    const publish = await publisher(config);
    await publish(1);
    await until('heard', () => slow.heard().length === 1);
    const other = await openSubscriber(url);
    expect(await slow.closed).toEqual({
      code: 4504,
      reason: 'deadline_exceeded: event 1 was not answered in 1000 ms',
    });
    await until('heard by another', () => other.heard().length === 1);
  });

  it('has its time for each event from when that is sent, not from when it waits', async () => {
    const { config } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const { socket, frames } = await openSocket(`${url}/${query}&timeout=4s`);
    const ids = new Set<number>();
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data)) as Frame;
      ids.add(id);
      socket.send(JSON.stringify({ ack: id }));
      socket.pause();
      setTimeout(() => socket.resume(), 500);
    });
    const app = await openApp(config);
    const event = new Raw('application/octet-stream', Buffer.alloc(3_900_000));
    for (let n = 0; n < 12; n++) await app.publish('news', event);
    await until('all', () => ids.size === 12, 30_000);
    expect(frames).toHaveLength(12);
  }, 60_000);

  it('is let go by others even if it is deaf', async () => {
    const { config } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const deaf = await openSubscriber(url, '&timeout=1s');
    deaf.socket.pause();
    await (
      await publisher(config)
    )(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const other = await openSubscriber(url);
    await until('heard by another', () => other.heard().length === 1);
  });

  it.each([
    ['{"n":1}', 'an answer is {"ack":id} or'],
    ['{"ack":1,"nack":1}', 'an answer is {"ack":id} or'],
    ['{"nack":1,"code":"nonsense"}', 'an answer is {"ack":id} or'],
    ['nonsense', 'an answer is {"ack":id} or'],
    ['{"ack":7}', 'event 7 is not waiting for an answer'],
  ])('is let go when it says %s', async (answer, reason) => {
    const { config } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const { socket, closed } = await openSubscriber(url);
    socket.send(answer);
    const told = await closed;
    expect(told.code).toBe(4400);
    expect(told.reason).toContain(reason);
  });

  it('finds id and attempt in the headers of an envelope', async () => {
    const { config } = worldWithDeadLetters();
    const { url } = await openSidecar(config);
    const { frames, socket } = await openSocket(`${url}/${query.replace('format=json', '')}`);
    const publish = await publisher(config);
    await publish(1);
    await until('heard', () => frames.length === 1);
    const { Header } = JSON.parse(frames[0] ?? '') as { Header: object };
    expect(Header).toMatchObject({ 'Micro-Delivery': '1', 'Micro-Attempt': '1' });
    socket.send('{"ack":1}');
  });

  it('is told which broker could do it, where this one cannot', async () => {
    const { url } = await openSidecar({ ...worldWithDeadLetters().config, broker: 'http' });
    const refused = await fetch(`${url}/${query}`);
    const { detail } = (await refused.json()) as { detail: string };
    expect(refused.status).toBe(501);
    expect(detail).toContain('http does not support delivery at-least-once, which news asks for');
    expect(detail).toContain('Brokers that do: memory');
    await expect(openSubscriber(url)).rejects.toThrow('501');
  });

  it('loses nothing when the sidecar closes', async () => {
    const { config } = worldWithDeadLetters();
    const first = await openSidecar(config);
    const one = await openSubscriber(first.url);
    const publish = await publisher(config);
    await publish(1);
    await until('heard', () => one.heard().length === 1);
    await first.sidecar.close();
    expect((await one.closed).code).toBe(1001);
    const second = await openSidecar(config);
    const other = await openSubscriber(second.url);
    await until('heard again', () => other.heard().length === 1);
  });
});
