import { createSocket } from 'node:dgram';
import { randomUUID } from 'node:crypto';
import { broken, fine } from '../finding.ts';
import type { Found } from '../finding.ts';
import { registryOf } from '../surroundings.ts';
import type { Surroundings } from '../surroundings.ts';

/** The group of multicast DNS. */
const group = '224.0.0.251';
/** How long, in ms, a packet may take to come back. */
const timeout = 1_000;

/** Where nodes are found by mDNS: whether a packet for the group reaches its members here. */
export async function checkMulticast(around: Surroundings): Promise<readonly Found[]> {
  const { config } = await around.config();
  const { name, options } = registryOf(config, around.variables);
  if (name !== 'mdns') return [];
  const network = /^\d+(\.\d+){3}$/.test(String(options['interface']))
    ? String(options['interface'])
    : undefined;
  const problem = await send(network);
  if (problem === undefined) return [fine(`packets for ${group} arrive`)];
  const fix =
    'Allow UDP 5353 in the firewall; in a container use the network of the host, or another registry';
  return [broken('multicast does not work here', problem, fix)];
}

/** @returns why it did not come back */
function send(network: string | undefined): Promise<string | undefined> {
  const text = `micro doctor ${randomUUID()}`;
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  return new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(`A packet to ${group} was lost`), timeout);
    socket.once('error', (error) => resolve(error.message));
    socket.on('message', (message) => message.toString() === text && resolve(undefined));
    socket.bind(0, () => {
      try {
        socket.addMembership(group, network);
        if (network !== undefined) socket.setMulticastInterface(network);
        socket.setMulticastLoopback(true);
        socket.send(text, socket.address().port, group);
      } catch (error) {
        resolve((error as Error).message);
      }
    });
    socket.once('close', () => clearTimeout(timer));
  }).finally(() => socket.close());
}
