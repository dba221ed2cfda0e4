import { ConfigError } from '@micro-ts/interface';
import { reachableAddress } from '@micro-ts/wire';
import { createSocket } from 'node:dgram';
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';

/** Where this machine sends to the others, and hears them. */
export interface NetworkInterface {
  /** Its address: what goes out goes out there. */
  readonly address: string;
  /** Addresses of the interfaces on which the others are heard. */
  readonly heard: readonly string[];
  /** True for senders in the same network; others have no business here (RFC 6762, 11). */
  isNear(sender: string): boolean;
  /** True while this machine has the address. */
  isThere(): boolean;
}

/** The IPv4 addresses of this machine, by the names of their interfaces. */
function addresses(): readonly (NetworkInterfaceInfo & { readonly name: string })[] {
  return Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all.filter(({ family }) => family === 'IPv4').map((each) => ({ ...each, name })),
  );
}

/**
 * The interface of that name or address; without one, the one that leads to the group.
 * @throws ConfigError if there is none.
 */
export async function findInterface(
  given: string | undefined,
  group: string,
): Promise<NetworkInterface> {
  const all = addresses();
  const named = all.filter(({ name, address }) => name === given || address === given);
  if (given !== undefined && named.length === 0) {
    const known = all.map(({ name, address }) => `${name} (${address})`).join(', ');
    const problem = `there is no interface ${given} with an IPv4 address`;
    throw new ConfigError('mdns.interface', problem, `There are: ${known || 'none'}`);
  }
  const address = named[0]?.address ?? (await routeTo(group)) ?? reachableV4();
  const near = new BlockList();
  for (const { cidr } of given === undefined ? all : named) {
    const [network = '', prefix = ''] = cidr?.split('/') ?? [];
    if (isIPv4(network)) near.addSubnet(network, Number(prefix), 'ipv4');
  }
  near.addSubnet('127.0.0.0', 8, 'ipv4'); // go-micro answers its own machine over loopback as well.
  return {
    address,
    heard: given === undefined ? all.map((each) => each.address) : [address],
    isNear: (sender) => near.check(sender, 'ipv4'),
    isThere: () => addresses().some((each) => each.address === address),
  };
}

/**
 * The address from which the system would send there; `undefined` if it has no route, or one without an
 * address: then some systems connect all the same, from 0.0.0.0, where nobody can be reached.
 */
function routeTo(group: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (address?: string): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => end());
    socket.once('connect', () => {
      const { address } = socket.address();
      end(address === '0.0.0.0' ? undefined : address);
    });
    socket.connect(9, group);
  });
}

function reachableV4(): string {
  const entries = Object.entries(networkInterfaces());
  const v4 = entries.map(([name, all = []]) => [name, all.filter((one) => one.family === 'IPv4')]);
  return reachableAddress(Object.fromEntries(v4));
}
