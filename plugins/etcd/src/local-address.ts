import { plainAddress, reachableAddress } from '@micro-ts/wire';
import { connect } from 'node:net';
import type { Place } from './place.ts';

/** Longest dial, in ms. */
const longest = 5_000;

/** By which address others reach this machine: the one that leads to etcd. */
export function localAddress({ host, port, name }: Place): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(longest, () => socket.destroy(new Error(`${name} does not answer`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      const own = socket.localAddress ?? reachableAddress();
      socket.destroy();
      resolve(plainAddress(own));
    });
  });
}
