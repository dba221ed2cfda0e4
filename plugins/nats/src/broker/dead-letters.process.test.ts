import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { MicroError } from '@micro-ts/interface';
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closeAll, eventually } from '@micro-ts/testing';
import { event, keepSubscribed, open, openClient } from '../opened.test.fixture.ts';
import { readDeadLetters } from './dead-letters.test.fixture.ts';

const kept = { queue: 'q', delivery: 'at-least-once', attempts: 3, concurrency: 64 } as const;
const refuse = (): Promise<void> => Promise.reject(new MicroError('invalid_argument', 'bad'));

needsServer(
  describe,
  'nats',
  true,
)('dead letters', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('nats');
  });
  afterAll(() => server.close());
  afterEach(closeAll);

  const manager = async (): Promise<JetStreamManager> =>
    jetstreamManager(await openClient(server.url), { checkAPI: false });
  const letters = (topic: string, count: number) =>
    eventually(async () => {
      const found = await readDeadLetters(server.url, topic);
      expect(found).toHaveLength(count);
      return found;
    });

  it('are kept though somebody removed their stream', async () => {
    const { broker } = open({ servers: server.url });
    await broker.subscribe('homeless.events', refuse, kept);
    const { streams } = await manager();
    await streams.delete('MICRO-dead');
    await broker.publish('homeless.events', event('one'));
    await letters('homeless.events', 1);
  });

  it('are kept though somebody else hears them, who could be taken for their stream', async () => {
    const { broker } = open({ servers: server.url }, { handshake: 1_000 });
    await broker.subscribe('heard.events', refuse, kept);
    const { streams } = await manager();
    await streams.delete('MICRO-dead');
    const client = await openClient(server.url);
    client.subscribe('MICRO.dead.>', { callback: () => undefined });
    await client.flush();
    await broker.publish('heard.events', event('one'));
    await letters('heard.events', 1);
  });

  it('that nothing can keep come again as events until something can', async () => {
    const { broker, log } = open({ servers: server.url });
    await broker.subscribe('waiting.events', refuse, kept);
    const { streams } = await manager();
    await streams.delete('MICRO-dead');
    await streams.add({ name: 'WALL', subjects: ['MICRO.dead.wall'], storage: 'memory' });
    await broker.publish('waiting.events', event('one'));
    const reason = expect.stringContaining('cannot make stream MICRO-dead') as string;
    const told = { topic: 'waiting.events', reason };
    await eventually(() => expect(log.complaints[0]?.fields).toEqual(told));
    await streams.delete('WALL');
    await letters('waiting.events', 1);
  });

  it('of a stream that was made again are not taken for those of the one before', async () => {
    const { broker } = open({ servers: server.url });
    await keepSubscribed(broker, 'again.events', refuse, kept);
    await broker.publish('again.events', event('first'));
    await letters('again.events', 1);
    const { streams } = await manager();
    await streams.delete('MICRO_again');
    await eventually(async () => {
      await broker.publish('again.events', event('second'));
      expect((await streams.info('MICRO_again')).state.last_seq).toBeGreaterThan(0);
    });
    await eventually(async () => {
      const found = await readDeadLetters(server.url, 'again.events');
      expect(found.length).toBeGreaterThan(1);
    });
  });

  it('are whole, however large the event is', async () => {
    const { broker } = open({ servers: server.url });
    await broker.subscribe('whole.events', refuse, kept);
    const publish = (bytes: number): Promise<boolean> =>
      broker.publish('whole.events', event('x'.repeat(bytes))).then(
        () => true,
        () => false,
      );
    let largest = 786_432;
    while (!(await publish(largest))) largest -= 64;
    const [letter] = await letters('whole.events', 1);
    expect(letter?.event.body).toHaveLength(largest);
    expect(letter?.headers).toMatchObject({ 'Micro-Code': 'invalid_argument' });
  });

  it('have room for the longest reason beside the largest event', async () => {
    const { broker } = open({ servers: server.url, jetstream: { stream: 'S'.repeat(120) } });
    const long = new MicroError('resource_exhausted', '語'.repeat(1_000));
    const queue = 'q'.repeat(200);
    const topic = `${'long'.repeat(40)}.${'t'.repeat(800)}`;
    await broker.subscribe(topic, () => Promise.reject(long), { ...kept, queue, attempts: 1 });
    const { streams } = await manager();
    const client = await openClient(server.url);
    const most = client.info?.max_payload ?? 0;
    client.publish(topic, `{"Header":{},"Body":"${'A'.repeat(782_800)}"}`.padEnd(most - 2_048));
    const letter = await eventually(async () => {
      const last = { last_by_subj: `${'S'.repeat(120)}.dead.${topic}` };
      const found = await streams.getMessage(`${'S'.repeat(120)}-dead`, last);
      expect(found).not.toBeNull();
      return found;
    });
    expect(letter?.data).toHaveLength(most - 2_048);
    expect(letter?.header.get('Micro-Reason')).toBe('語'.repeat(400));
  });

  it('are as many as the option says, the latest', async () => {
    const { broker } = open({ servers: server.url, jetstream: { stream: 'FEW', deadLetters: 3 } });
    await broker.subscribe('few.events', refuse, { ...kept, concurrency: 1 });
    for (let at = 0; at < 5; at += 1) await broker.publish('few.events', event(`${at}`));
    const { streams } = await manager();
    const dead = await eventually(async () => {
      const { state } = await streams.info('FEW-dead');
      expect(state.last_seq).toBe(5);
      return state;
    });
    expect(dead).toMatchObject({ messages: 3, first_seq: 3 });
  });
});
