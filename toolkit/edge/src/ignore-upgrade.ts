import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { connectionEvent } from './connections.ts';

/**
 * Has a server read a request again as one that asks for no other protocol, which RFC 9110, 7.8 lets it:
 * with its body, and under the limits of all others. It is the last of its connection, so that nobody
 * can hide another one behind it. (Node can be asked to do so since 24 only.)
 * @param head what came behind the headers
 */
export function ignoreUpgrade(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`, 'Connection: close'];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (!/^(connection|upgrade)$/i.test(name)) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit(connectionEvent(server), socket);
}
