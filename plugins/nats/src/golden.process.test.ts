// What go-micro v5.30.0 put on a server, and what we put there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metadata } from '@micro-ts/interface';
import type { Delivery, Node } from '@micro-ts/interface';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closeAll, eventually } from '@micro-ts/testing';
import { open, openClient, textOf } from './opened.test.fixture.ts';

interface Recorded {
  readonly subject: string;
  readonly reply: string;
  readonly data: string;
}

const recorded = (file: string): readonly Recorded[] =>
  readFileSync(join(__dirname, 'golden', file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);

needsServer(
  describe,
  'nats',
  true,
)('what go-micro recorded', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());
  afterEach(closeAll);
  const [created, , query, answer] = recorded('nats-registry.jsonl');
  const deleted = recorded('nats-registry.jsonl').find(
    ({ data }) => data.includes('"delete"') && data.includes('"greeter"'),
  );

  it('in the registry is understood: news, questions, answers', async () => {
    const servers = server.url;
    const go = await openClient(servers);
    const { registry } = open({ servers });
    const told: (readonly Node[])[] = [];
    await registry.watch((services) => void told.push(services.get('greeter') ?? []), 'greeter');
    go.publish(created?.subject ?? '', created?.data);
    const node = await eventually(() => {
      const [found] = told.at(-1) ?? [];
      if (found === undefined) throw new Error('nothing was told');
      return found;
    });
    expect(node).toMatchObject({
      id: 'greeter-11111111-2222-4333-8444-555555555555',
      address: '127.0.0.1:18811',
      metadata: { zone: 'a', transport: 'http' },
    });
    expect(node.endpoints.map(({ name, kind }) => [name, kind])).toEqual([
      ['Greeter.Hello', 'unary'],
      ['Func', 'event'],
    ]);
    go.publish(deleted?.subject ?? '', deleted?.data);
    await eventually(() => expect(told.at(-1)).toEqual([]));

    const asked: string[] = [];
    go.subscribe('micro.nats.query', {
      callback: (_error, message) => {
        asked.push(message.string());
        if (message.string().includes('"greeter"')) message.respond(answer?.data);
      },
    });
    await go.flush();
    expect(await registry.lookup('greeter')).toEqual([node]);
    expect(asked.map((text) => JSON.parse(text) as unknown)).toEqual([
      JSON.parse(query?.data ?? '') as unknown,
    ]);
  });

  it('in the registry is what we say: the same subjects, and texts that mean the same', async () => {
    const servers = server.url;
    const go = await openClient(servers);
    const heard: { subject: string; data: string }[] = [];
    for (const subject of ['micro.nats.watch', 'micro.registry.nats.watch']) {
      const callback = (_error: unknown, { string }: { string(): string }): void =>
        void heard.push({ subject, data: string() });
      go.subscribe(subject, {
        callback: (error, message) => callback(error, { string: () => message.string() }),
      });
    }
    await go.flush();
    const told: Node[] = [];
    const { registry } = open({ servers });
    const both = open({ servers, subjects: 'both' });
    await registry.watch((services) => told.push(...(services.get('greeter') ?? [])), 'greeter');
    go.publish(created?.subject ?? '', created?.data);
    const node = await eventually(() => {
      const [found] = told;
      if (found === undefined) throw new Error('nothing was told');
      return found;
    });
    const mine = { ...node, id: `${node.id}-ours` };
    heard.length = 0;
    await both.registry.register(mine, 30_000);
    await eventually(() => expect(heard).toHaveLength(2));
    const expected = JSON.parse((created?.data ?? '').replace(node.id, mine.id)) as unknown;
    for (const { data } of heard) expect(meaning(data)).toEqual(meaning(JSON.stringify(expected)));
    expect(heard.map(({ subject }) => subject).sort()).toEqual([
      'micro.nats.watch',
      'micro.registry.nats.watch',
    ]);
    const old = open({ servers, subjects: 'micro.registry.nats' });
    expect((await old.registry.lookup('greeter')).map(({ id }) => id)).toEqual([mine.id]);
    const reply = await go.request(query?.subject ?? '', query?.data, { timeout: 2_000 });
    const record = JSON.parse(reply.string()) as { nodes: unknown };
    expect(record).toMatchObject({ name: 'greeter', version: '1.0.0' });
    heard.length = 0;
    await both.registry.deregister(mine);
    await eventually(() => expect(heard).toHaveLength(2));
    for (const { data } of heard) expect(JSON.parse(data)).toMatchObject({ Action: 'delete' });
  });

  it('as an event is understood, and is what we publish', async () => {
    const servers = server.url;
    const go = await openClient(servers);
    const { broker } = open({ servers });
    const [line] = recorded('nats-event.jsonl');
    const topic = `golden.${process.pid}`;
    const came: Delivery[] = [];
    const options = {
      queue: undefined,
      delivery: 'at-most-once',
      attempts: 1,
      concurrency: 1,
    } as const;
    await broker.subscribe(topic, async (delivery) => void came.push(delivery), options);
    go.publish(topic, line?.data);
    await eventually(() => expect(came).toHaveLength(1));
    const [delivery] = came;
    expect(delivery).toMatchObject({ contentType: 'application/json', topic, attempt: 1 });
    expect(delivery?.metadata['micro-topic']).toBe('events');
    expect(delivery && textOf(delivery)).toBe('{"name":"evt"}\n');

    const heard: string[] = [];
    go.subscribe(topic, { callback: (_error, message) => void heard.push(message.string()) });
    await go.flush();
    await broker.publish(topic, {
      contentType: 'application/json',
      metadata: metadata(delivery?.metadata),
      body: new TextEncoder().encode('{"name":"evt"}\n'),
    });
    await eventually(() => expect(heard).toHaveLength(1));
    expect(JSON.parse(heard[0] ?? '')).toEqual(JSON.parse(line?.data ?? ''));
  });
});

/** Without what may differ: how request and response are described, and the order of keys. */
function meaning(text: string): unknown {
  const message = JSON.parse(text) as {
    Service: { endpoints: { name: string; metadata: unknown }[] };
  };
  const endpoints = message.Service.endpoints.map(({ name }) => name).sort();
  return { ...message, Service: { ...message.Service, endpoints } };
}
