import { isLoopback, plainAddress, reachableAddress } from '@micro-ts/wire';
import { networkInterfaces } from 'node:os';
import { objectOf, textOf } from './json.ts';
import type { ConsulLink } from './link.ts';

/**
 * By which address others reach this machine: the one that leads to Consul. Consul's agent mostly runs
 * on the same machine, and then tells the address that it goes by in the cluster.
 */
export async function localAddress(link: ConsulLink): Promise<string> {
  if (link.localAddress() === undefined) await link.ask({ path: '/v1/status/leader' });
  const own = plainAddress(link.localAddress() ?? '127.0.0.1');
  if (!isLoopback(own)) return own;
  // A token may not be allowed to ask for it.
  const missing = (status: number): boolean => status >= 400;
  const { value } = await link.ask({ path: '/v1/agent/self', missing });
  const agent = textOf(objectOf(objectOf(value)['Member'])['Addr']);
  const isHere = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === agent),
  );
  // In a container, the agent goes by an address that is not ours.
  return isHere || isLoopback(agent) ? agent : reachableAddress();
}
