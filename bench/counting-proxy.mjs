// A way to a server that counts what passes: segments and bytes, out to the server and in from it.
import { connect, createServer } from 'node:net';
import { once } from 'node:events';

export async function countingProxy(port) {
  const count = { sent: 0, sentBytes: 0, got: 0, gotBytes: 0 };
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    client.on('data', (bytes) => {
      count.sent++;
      count.sentBytes += bytes.length;
    });
    upstream.on('data', (bytes) => {
      count.got++;
      count.gotBytes += bytes.length;
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: server.address().port, count, close };
}
