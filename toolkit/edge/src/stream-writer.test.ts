import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { openServer } from './http-server.test.fixture.ts';
import { StreamWriter } from './stream-writer.ts';
import { until } from './world.test.fixture.ts';

/** An answer that is being written, and the client that reads it. */
async function openStream(
  longestStall: number,
): Promise<{ writer: StreamWriter; reply: FastifyReply; client: Socket }> {
  let began: (reply: readonly [FastifyReply]) => void = () => undefined;
  const begun = new Promise<readonly [FastifyReply]>((resolve) => (began = resolve));
  const { port } = await openServer({ unreadTimeout: 60_000 }, (fastify) =>
    fastify.get('/', (_, reply) => began([reply])),
  );
  const client = connect(port, '127.0.0.1').on('error', () => undefined);
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [reply] = await begun; // a reply itself is a promise
  const format = { contentType: 'text/plain', heartbeat: undefined };
  return { writer: new StreamWriter(reply, format, longestStall), reply, client };
}

describe('what is delivered', () => {
  it('is rejected where the connection is gone, and the answer does not know it yet', async () => {
    const { writer, reply, client } = await openStream(60_000);
    await writer.deliver(() => 'x');
    reply.raw.socket?.destroy();
    expect(reply.raw.destroyed).toBe(false);
    await expect(writer.deliver(() => 'x')).rejects.toMatchObject({ code: 'unavailable' });
    client.destroy();
  });

  it.each([
    ['goes', 60_000],
    ['leaves it unread', 500],
  ])('is rejected where the client %s, and those after it too', async (what, longestStall) => {
    const { writer, client } = await openStream(longestStall);
    client.pause();
    const large = Buffer.alloc(32 * 1024 * 1024);
    const all = Promise.allSettled([writer.deliver(() => large), writer.deliver(() => large)]);
    if (what === 'goes') client.destroy();
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    client.destroy();
  });

  it('is made at its turn, and has its time from then on', async () => {
    const { writer, client } = await openStream(6_000);
    const large = Buffer.alloc(32 * 1024 * 1024);
    let [made, got] = [0, 0];
    client.on('data', ({ length }) => {
      const before = Math.floor(got / large.length);
      got += length;
      if (Math.floor(got / large.length) === before) return;
      client.pause();
      void pause(1_600).then(() => client.resume());
    });
    client.pause();
    const all = Promise.all(Array.from({ length: 5 }, () => writer.deliver(() => (made++, large))));
    await until(() => made === 1);
    await pause(100);
    expect(made).toBe(1);
    client.resume();
    await all;
    client.destroy();
  }, 60_000);
});
