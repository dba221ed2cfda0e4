import { closable, MicroError } from '@micro-ts/interface';
import type { Closable } from '@micro-ts/interface';
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import type { NetworkInterface } from './network-interface.ts';
import { Outbox } from './outbox.ts';
import { readPacket } from './packet.ts';
import type { DnsPacket } from './packet.ts';

/** The group of multicast DNS over IPv4. */
export const group = '224.0.0.251';

/** What arrives. */
export interface ChannelListener {
  query(packet: DnsPacket, from: RemoteInfo): void;
  response(packet: DnsPacket): void;
  /** Something that cannot be read. */
  garbage(from: RemoteInfo, error: unknown): void;
}

/** The way to all others. */
export interface Channel extends Closable {
  /** Port from which this process asks, and nobody else on this machine does. */
  readonly askingPort: number;
  /** Asks all. Answers come back to {@link askingPort}, or to all. */
  ask(bytes: Buffer): Promise<void>;
  /** Tells all. */
  tell(bytes: Buffer): Promise<void>;
  /** Tells the one who asked. */
  answer(bytes: Buffer, to: RemoteInfo): Promise<void>;
}

/** What {@link openChannel} needs. */
export interface ChannelOptions {
  readonly network: NetworkInterface;
  /** Port of the group: 5353. */
  readonly port: number;
  readonly listener: ChannelListener;
}

/**
 * Opens two sockets. One shares the group's port with every other program on this machine: what is sent
 * to the group reaches all of them. What is sent to one address at that port reaches any of them, so
 * questions go out from a second socket, with a port of its own. Neither keeps the process running.
 * @throws MicroError `unavailable` if this machine has no multicast, or the port is not shared.
 */
export async function openChannel(options: ChannelOptions): Promise<Channel> {
  const { network, port, listener } = options;
  const shared = createSocket({ type: 'udp4', reuseAddr: true });
  const asking = createSocket({ type: 'udp4' });
  const channel = closable(() => Promise.all([closed(shared), closed(asking)]));
  for (const socket of [shared, asking]) socket.on('error', channel.lose);
  try {
    await bound(shared, port);
    await bound(asking, 0);
    join(shared, network.heard);
    for (const socket of [shared, asking]) {
      socket.setMulticastInterface(network.address);
      socket.setMulticastLoopback(true); // This machine belongs to the network.
      socket.setMulticastTTL(255); // RFC 6762, 11
    }
  } catch (error) {
    await channel.close();
    throw error;
  }
  const receive = (bytes: Buffer, from: RemoteInfo): void => {
    if (!network.isNear(from.address)) return;
    try {
      const packet = readPacket(bytes);
      if (packet?.type === 'query') listener.query(packet, from);
      // RFC 6762, 6: answers come from the port of the group.
      else if (packet !== undefined && from.port === port) listener.response(packet);
    } catch (error) {
      listener.garbage(from, error); // Nothing that arrives may end this process.
    }
  };
  for (const socket of [shared, asking]) {
    socket.unref();
    socket.on('message', receive);
  }
  const [answers, questions] = [new Outbox(shared), new Outbox(asking)];
  return Object.assign(channel, {
    askingPort: asking.address().port,
    ask: (bytes: Buffer) => questions.send(bytes, port, group),
    tell: (bytes: Buffer) => answers.send(bytes, port, group),
    answer: (bytes: Buffer, to: RemoteInfo) => answers.send(bytes, to.port, to.address),
  });
}

function bound(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      const why = `mdns cannot have UDP port ${port} (${cause.code}): another program keeps it`;
      reject(new MicroError('unavailable', `${why}, or this one may not`, { cause }));
    };
    socket.once('error', failed);
    // Exclusive: in a worker of `node:cluster` it would otherwise be a socket of the primary.
    socket.bind({ port, exclusive: true }, () => {
      socket.off('error', failed);
      resolve();
    });
  });
}

/** Some interfaces have no multicast. One that has it is enough. */
function join(socket: Socket, heard: readonly string[]): void {
  let cause: unknown;
  let joined = 0;
  for (const address of heard) {
    try {
      socket.addMembership(group, address);
      joined += 1;
    } catch (error) {
      cause = error;
    }
  }
  if (joined === 0) throw new MicroError('unavailable', 'no interface has multicast', { cause });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      resolve(); // It was never open.
    }
  });
}
