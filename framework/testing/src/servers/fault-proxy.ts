import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What a link does with bytes. `none`: carries them. `drop`: takes them and tells nobody, as a cable
 * that was pulled: connections seem open. `slow`: holds each chunk back for some ms.
 */
export type Fault = 'none' | 'drop' | { readonly slow: number };

/** A way to a server that a test can disturb. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that are open. */
  readonly connections: number;
  /** From now on, for connections that are open too. */
  set(fault: Fault): void;
  /** Resets every connection; new ones are taken, as `set` says. */
  cut(): void;
  /** Takes no connections, and resets those that are open, until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between a client and the server at `port` of loopback. */
export async function startFaultProxy(port: number, host = '127.0.0.1'): Promise<FaultProxy> {
  let fault: Fault = 'none';
  const sockets = new Set<Socket>();
  const carry = (from: Socket, to: Socket): void => {
    from.on('data', (bytes) => {
      if (fault === 'drop' || to.destroyed) return;
      if (fault === 'none') return void to.write(bytes);
      setTimeout(() => to.destroyed || fault === 'drop' || to.write(bytes), fault.slow);
    });
    from.on('end', () => fault === 'drop' || to.end());
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      if (fault !== 'drop') to.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = createConnection({ host, port, allowHalfOpen: true });
    for (const socket of [client, upstream]) sockets.add(socket.setNoDelay(true));
    carry(client, upstream);
    carry(upstream, client);
  });
  const cut = (): void => {
    for (const socket of sockets) reset(socket);
  };
  const listen = (at: number): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(at, host, resolve));
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  const shut = (): Promise<void> => {
    cut();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return {
    host,
    port: own,
    get connections() {
      return sockets.size / 2;
    },
    set: (next) => void (fault = next),
    cut,
    shut,
    open: () => listen(own),
    close: shut,
  };
}

/**
 * Ends a connection as a crash does. One that is half closed, or not open yet, is only closed: after a
 * reset of those Node 20 waits for ever when the process ends.
 */
function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.connecting || socket.writableEnded || socket.readableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
