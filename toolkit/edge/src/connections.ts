import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/**
 * The event by which a server gets a connection that it can read. What waits for a client of TLS waits
 * in the socket of TLS; the one below it never has anything.
 */
export const connectionEvent = (server: Server): 'connection' | 'secureConnection' =>
  server instanceof TlsServer ? 'secureConnection' : 'connection';

/**
 * The connections that a server has, also those that ask for another protocol, which Node's own list
 * leaves out; of TLS those whose handshake is done.
 */
export function connectionsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on(connectionEvent(server), (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}
