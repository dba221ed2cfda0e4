import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { MicroError } from '@micro-ts/interface';
import type { Place } from './place.ts';

/** Where to. */
export type DialPlace = Pick<Place, 'host' | 'port' | 'address' | 'secure'>;

/** How to reach nodes. */
export interface DialSettings {
  readonly tls: ConnectionOptions;
  /** Longest wait for a connection, TLS included, in ms. */
  readonly patience: number;
}

/**
 * Opens a socket, by TLS if the place wants it.
 * @throws MicroError `unavailable`, refused
 */
export function dial(place: DialPlace, { tls, patience }: DialSettings): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { host, port } = place;
    const socket = place.secure
      ? connectTls({ servername: isIP(host) === 0 ? host : '', ...tls, host, port, ALPNProtocols })
      : connectTcp({ host, port });
    const fail = (cause: unknown): void => {
      clearTimeout(timer);
      socket.on('error', () => undefined).destroy();
      reject(unreachable(place.address, cause));
    };
    const closed = (): void => fail(new Error('closed at once'));
    const timer = setTimeout(() => fail(new Late(patience)), patience);
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once(place.secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', fail).off('close', closed);
      socket.setNoDelay(true).setKeepAlive(true, 15_000);
      resolve(socket);
    });
  });
}

const ALPNProtocols = ['http/1.1'];

/** The cause of a dial that nobody answered, neither well nor badly. */
export class Late extends Error {
  constructor(patience: number) {
    super(`no answer in ${patience} ms`);
  }
}

/** What a call gets that could not leave: `unavailable`, refused. */
export function unreachable(address: string, cause: unknown): MicroError {
  if (cause instanceof MicroError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const text = `cannot connect to ${address}: ${code ?? message}`;
  return new MicroError('unavailable', text, { refused: true, cause });
}
