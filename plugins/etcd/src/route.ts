import { reachableAddress } from '@micro-ts/wire';
import { connect } from 'node:net';
import type { Place } from './place.ts';

/** Longest dial, in ms. */
const longest = 5_000;

/** The address of this machine on the way there. */
export function routeTo({ host, port, name }: Place): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(longest, () => socket.destroy(new Error(`${name} does not answer`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      const { localAddress = reachableAddress() } = socket;
      socket.destroy();
      // IPv4 by way of an IPv6 socket.
      resolve(localAddress.replace(/^::ffff:(?=\d+\.)/, ''));
    });
  });
}
