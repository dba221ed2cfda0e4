import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Has a server end connections for the right reason: those whose client does not read what it was
 * answered, so that nobody can make it hold answers by asking for them; and when it closes, none
 * whose client reads on.
 * @param sockets its connections
 * @param after how long a client may read nothing, in ms
 */
export function cutUnread(server: Server, sockets: ReadonlySet<Socket>, after: number): void {
  server.on('timeout', (socket: Socket) => {
    if (isUnread(socket)) socket.destroy();
    else socket.setTimeout(0);
  });
  // Node's own timer sees whether the peer reads on; it runs only while there is something to read.
  const sweep = setInterval(
    () => {
      for (const socket of sockets)
        if (isUnread(socket) && socket.timeout !== after) socket.setTimeout(after);
    },
    Math.min(after, 5_000),
  );
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
  spareUnread(server, sockets);
}

const isUnread = (socket: Socket): boolean => socket.writableLength > 0;

/**
 * Node calls a connection idle as soon as its answer is written, sent or not, and cuts it when the
 * server closes. Which ones are idle otherwise only Node knows.
 */
function spareUnread(server: Server, sockets: ReadonlySet<Socket>): void {
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    const spared = [...sockets].filter(isUnread);
    for (const socket of spared) socket.destroy = () => socket;
    closeIdle();
    for (const socket of spared) delete (socket as Partial<Socket>).destroy;
  };
}
