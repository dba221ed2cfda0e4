import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/**
 * Cuts connections whose client does not read what it was answered, so that nobody can make a server
 * hold answers by asking for them.
 * @param after how long a client may read nothing, in ms
 */
export function cutUnread(server: Server, after: number): void {
  const sockets = new Set<Socket>();
  // What waits for a client of TLS waits in the socket of TLS; the one below it never has anything.
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('timeout', (socket: Socket) => {
    if (socket.writableLength > 0) socket.destroy();
    else socket.setTimeout(0);
  });
  // Node's own timer sees whether the peer reads on; it runs only while there is something to read.
  const sweep = setInterval(
    () => {
      for (const socket of sockets)
        if (socket.writableLength > 0 && socket.timeout !== after) socket.setTimeout(after);
    },
    Math.min(after, 5_000),
  );
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
}
