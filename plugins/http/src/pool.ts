import type { Socket } from 'node:net';
import type { Limits } from '@micro-ts/interface';
import type { Agent, Pool } from 'undici';

/** What a pool of sockets needs to know. */
export interface PoolSettings {
  readonly limits: Limits;
  /** Most sockets at once. */
  readonly connections: number;
}

/** Idle sockets are closed after this time, in ms: before any server does it. */
const idle = 30_000;

/** What a new socket leads to. */
export interface SocketPlace {
  readonly hostname: string;
  readonly port: string;
  readonly protocol: string;
}

/** Opens a pool of sockets to one place; undici is loaded when the first one is needed. */
export async function openPool(
  origin: string,
  settings: PoolSettings,
  socket: (place: SocketPlace) => Promise<Socket>,
): Promise<Pool> {
  const { Pool: Sockets } = await import('undici');
  return new Sockets(origin, socketOptions(settings, socket));
}

/** Opens a pool of sockets to any number of places. */
export async function openAgent(
  settings: PoolSettings,
  socket: (place: SocketPlace) => Promise<Socket>,
): Promise<Agent> {
  const { Agent: Sockets } = await import('undici');
  return new Sockets(socketOptions(settings, socket));
}

function socketOptions(
  { connections, limits }: PoolSettings,
  socket: (place: SocketPlace) => Promise<Socket>,
): Pool.Options {
  return {
    connections,
    pipelining: 1, // go-micro swallows a second request that comes before the first answer
    connect: (place, callback) => {
      socket(place).then(
        (opened) => callback(null, opened),
        (error: Error) => callback(error, null),
      );
    },
    keepAliveTimeout: idle,
    keepAliveMaxTimeout: idle,
    // Calls end with their lifetimes, which need no timer for each.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: limits.metadataBytes + 8 * 1024,
  };
}
