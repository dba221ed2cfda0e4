import { networkInterfaces } from 'node:os';

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Bridges of containers and virtual machines: others in the network cannot reach them. */
const bridge = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|podman|lxc)/i;
const privateNetwork = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/**
 * The address by which others most likely reach this machine, where no registry tells: like go-micro,
 * an IPv4 address of a private network before others, and bridges of containers last.
 * `127.0.0.1` if the machine has no network.
 */
export function reachableAddress(interfaces: Interfaces = networkInterfaces()): string {
  let best = '127.0.0.1';
  let rank = 0;
  for (const [name, addresses = []] of Object.entries(interfaces)) {
    for (const { address, family, internal } of addresses) {
      const linkLocal = address.startsWith('169.254.') || address.toLowerCase().startsWith('fe80:');
      if (internal || linkLocal) continue;
      const worth =
        (bridge.test(name) ? 1 : 5) +
        (family === 'IPv4' ? 2 : 0) +
        (privateNetwork.test(address) ? 1 : 0);
      if (worth > rank) [best, rank] = [address, worth];
    }
  }
  return best;
}
