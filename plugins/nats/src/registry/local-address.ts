import { networkInterfaces } from 'node:os';
import { reachableAddress } from '@micro-ts/wire';
import type { NatsLink } from '../link.ts';

/** By which address others reach this machine: the one under which the server knows it. */
export function localAddress({ nats }: NatsLink): string {
  const seen = nats.info?.client_ip ?? '';
  const own = Object.values(networkInterfaces()).flat();
  // Behind a gateway the server sees an address that is not ours.
  return own.some((each) => each?.address === seen) ? seen : reachableAddress();
}
