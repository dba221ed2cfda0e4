// Web socket handshakes with peers that do badly.
import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { MicroError } from 'micro-ts';
import { WebSocketServer } from 'ws';
import { SidecarSocket } from './sidecar-socket.ts';
import { Sidecar } from './sidecar.ts';

const opened: { close(): unknown }[] = [];
afterEach(() => opened.splice(0).forEach((each) => each.close()));

const sidecarAt = (server: { address(): unknown }): Sidecar =>
  new Sidecar(`127.0.0.1:${(server.address() as AddressInfo).port}`, undefined);

/** A peer that answers what comes first. */
async function peer(answer: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => answer(socket));
    opened.push({ close: () => socket.destroy() });
  }).listen(0, '127.0.0.1');
  opened.push(server);
  await once(server, 'listening');
  return server;
}

const refusal = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 500\r\n\r\n{"id":"micro';
const problem = '{"id":"users","code":404,"detail":"no user 7","status":"Not Found"}';

const open = async (server: Server, signal?: AbortSignal): Promise<MicroError> => {
  const opening = SidecarSocket.open(sidecarAt(server), { path: '/', timeout: 300, signal });
  const error: unknown = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MicroError);
  return error as MicroError;
};

it.each([
  ['nothing', '', 'deadline_exceeded'],
  ['part of an error', refusal, 'deadline_exceeded'],
])('gives up a peer that sends %s and no more', async (_what, text, code) => {
  let gone: Promise<unknown> | undefined;
  const server = await peer((socket) => {
    gone = once(socket, 'close');
    socket.write(text);
  });
  expect(await open(server)).toMatchObject({ code });
  await gone;
});

it('says what the peer refuses, and leaves it', async () => {
  let gone: Promise<unknown> | undefined;
  const server = await peer((socket) => {
    gone = once(socket, 'close');
    const head = `HTTP/1.1 404 Not Found\r\nContent-Length: ${problem.length}`;
    socket.write(`${head}\r\n\r\n${problem}`);
  });
  expect(await open(server)).toMatchObject({ code: 'not_found', message: 'no user 7' });
  await gone;
});

it('says that the connection broke in the midst of an error', async () => {
  const server = await peer((socket) => socket.write(refusal, () => socket.resetAndDestroy()));
  expect(await open(server)).toMatchObject({ code: 'unavailable' });
});

it('is cancelled in the midst of an error', async () => {
  const caller = new AbortController();
  const server = await peer((socket) => socket.write(refusal, () => caller.abort()));
  expect(await open(server, caller.signal)).toMatchObject({ code: 'cancelled' });
});

it('leaves nothing with the signal of the caller', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  opened.push(server);
  await once(server, 'listening');
  const { signal } = new AbortController();
  const heard = (): number => getEventListeners(signal, 'abort').length;
  const socket = await SidecarSocket.open(sidecarAt(server), { path: '/', signal });
  expect(heard()).toBe(1);
  socket.close();
  while (heard() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const refusing = await peer((each) => each.end('HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n'));
  expect(await open(refusing, signal)).toMatchObject({ code: 'unauthenticated' });
  while (heard() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});

it('leaves a peer that answers no ping alone, as long as it answers requests', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false });
  opened.push(server);
  await once(server, 'listening');
  let pings = 0;
  server.on('connection', (peer) =>
    peer.on('ping', () => {
      if (++pings === 3) peer.send('still there');
    }),
  );
  const socket = await SidecarSocket.open(sidecarAt(server), { path: '/', pulse: 20 });
  for await (const text of socket) {
    expect(text).toBe('still there');
    socket.close();
  }
  expect(pings).toBeGreaterThanOrEqual(3);
});
