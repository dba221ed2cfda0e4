import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { BrokerSocket } from './broker-socket.ts';
import { openSocket } from './socket.test.fixture.ts';
import { afterwards, until } from './world.test.fixture.ts';

/** Both ends of one socket. @param take what its frames do @param timeout for each frame, in ms */
async function openPair(
  take: (bytes: Uint8Array) => Promise<void> = async () => undefined,
  timeout?: number,
) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  afterwards(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const accepted = new Promise<BrokerSocket>((resolve) =>
    server.once('connection', (socket) => resolve(new BrokerSocket(socket, take, timeout))),
  );
  const { port } = server.address() as AddressInfo;
  const { socket, frames, closed } = await openSocket(`http://127.0.0.1:${port}`);
  return { own: await accepted, socket, frames, closed };
}

const large = 'x'.repeat(32 * 1024 * 1024);

describe('the frames of a socket', () => {
  it('are made at their turn, and have their time from then on', async () => {
    const { own, socket, frames } = await openPair(undefined, 5_000);
    socket.on('message', () => {
      socket.pause();
      void wait(900).then(() => socket.resume());
    });
    socket.pause();
    let made = 0;
    const all = Promise.all(Array.from({ length: 7 }, () => own.send(() => (made++, large))));
    await until('the first', () => made === 1);
    await wait(100);
    expect(made).toBe(1);
    socket.resume();
    await all;
    await until('all', () => frames.length === 7, 20_000);
  }, 60_000);

  it('are rejected where the client leaves one unread', async () => {
    const { own, socket } = await openPair(undefined, 500);
    socket.pause();
    const all = await Promise.allSettled([own.send(() => large), own.send(() => large)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('are rejected while they wait, where the client is refused', async () => {
    const { own, socket } = await openPair(undefined, 60_000);
    socket.pause();
    void own.send(() => large).catch(() => undefined);
    const waiting = own.send(() => 'never made');
    own.refuse(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('are taken no more once the client is refused, even if they have come', async () => {
    const taken: string[] = [];
    let fail = (_: Error): void => undefined;
    const { socket, closed } = await openPair((bytes) => {
      taken.push(String(bytes));
      return new Promise((_, reject) => (fail = reject));
    });
    for (const frame of ['1', '2', '3']) socket.send(frame);
    await until('taken', () => taken.length === 1);
    await wait(200);
    fail(new Error('not this one'));
    await closed;
    expect(taken).toEqual(['1']);
  });
});
