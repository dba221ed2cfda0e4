import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Where Node tells of each socket that dials. */
const channel = 'net.client.socket';

/**
 * What `dial` comes to, with all sockets closed that it opened in vain. The driver forgets that of a
 * server which accepts and then never says a word.
 */
export async function withoutForgotten<T>(dial: () => Promise<T>): Promise<T> {
  const sockets: Socket[] = [];
  const own = new AsyncLocalStorage<Socket[]>();
  const keep = (message: unknown): void => {
    own.getStore()?.push((message as { readonly socket: Socket }).socket);
  };
  subscribe(channel, keep);
  try {
    const dialled = await own.run(sockets, dial);
    sockets.pop(); // the servers are tried one after the other: the last one is it
    return dialled;
  } finally {
    for (const socket of sockets) socket.destroy();
    unsubscribe(channel, keep);
    own.disable();
  }
}
