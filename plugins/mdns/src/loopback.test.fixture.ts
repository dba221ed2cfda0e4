// What tests of the network need: the loopback interface, if it has multicast, and raw sockets on it.
import type { Registry } from '@micro-ts/interface';
import { openPlugin } from '@micro-ts/testing';
import type { LogRecorder } from '@micro-ts/testing';
import { encode } from 'dns-packet';
import type { Packet, Question } from 'dns-packet';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { group } from './channel.ts';
import mdns from './index.ts';
import { readPacket } from './packet.ts';
import type { DnsPacket } from './packet.ts';

const loopback = '127.0.0.1';

const probe = `
  const socket = require('node:dgram').createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', () => process.exit(0));
  socket.bind(0, () => {
    socket.addMembership('${group}', '${loopback}');
    socket.setMulticastInterface('${loopback}');
    socket.send('x', socket.address().port, '${group}');
  });
  setTimeout(() => { console.log('what is sent to a group on ${loopback} does not come back'); process.exit(1); }, 2000);
`;

/** Why there is no multicast on the loopback interface; `undefined` if there is. */
function lacking(): string | undefined {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', probe]);
  if (status === 0) return undefined;
  return `${stdout}${stderr}`.trim().split('\n').at(-1) ?? 'no multicast';
}

/** `describe`, or a visible skip with the reason where the loopback interface has no multicast. */
export function describeOnLoopback(name: string, tests: () => void): void {
  const reason = lacking();
  if (reason === undefined) describe(name, tests);
  else {
    process.stderr.write(`    mdns: skipped: ${reason}\n`);
    describe.skip(`${name} (skipped: ${reason})`, tests);
  }
}

/** A UDP port that nobody has, for a group of the test's own. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** A packet that arrived, and how. */
export interface Arrived {
  readonly packet: DnsPacket;
  readonly from: RemoteInfo;
  readonly bytes: number;
}

/** A stranger in the network: a socket that asks, hears and talks nonsense. */
export interface Stranger {
  readonly arrived: Arrived[];
  send(packet: Packet | Buffer): Promise<void>;
  close(): Promise<void>;
}

/** @param member hears and sends at the group's port; otherwise it has a port of its own. */
export async function stranger(port: number, member: boolean): Promise<Stranger> {
  const socket: Socket = createSocket({ type: 'udp4', reuseAddr: member });
  const arrived: Arrived[] = [];
  socket.on('message', (bytes, from) => {
    try {
      const packet = readPacket(bytes);
      if (packet !== undefined) arrived.push({ packet, from, bytes: bytes.length });
    } catch {
      // Some of them talk nonsense.
    }
  });
  await new Promise<void>((resolve) => socket.bind(member ? port : 0, resolve));
  if (member) socket.addMembership(group, loopback);
  socket.setMulticastInterface(loopback);
  return {
    arrived,
    send: (packet) =>
      new Promise((resolve, reject) => {
        const bytes = Buffer.isBuffer(packet) ? packet : encode(packet);
        socket.send(bytes, port, group, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** A question as others ask it. */
export function ask(name: string, type = 'PTR', more: Partial<Packet> = {}): Packet {
  return { type: 'query', id: 77, questions: [{ name, type } as Question], ...more };
}

/** An app that opened the registry. */
export interface Opened {
  readonly registry: Required<Registry>;
  readonly log: LogRecorder;
  close(): Promise<void>;
}

/** Opens the registry in the group of a port, as an app does. */
export function open(port: number): Opened {
  const configured = mdns({ interface: loopback, port, timeout: 250 });
  const { log, create, close } = openPlugin(configured);
  return { registry: create('registry') as Required<Registry>, log, close };
}
