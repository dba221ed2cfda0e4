import { MicroError } from '@micro-ts/interface';
import type { Connection, Exchange, Listener, Transport } from '@micro-ts/interface';
import { runKit, transportKit } from '@micro-ts/testing';
import { busPlugin } from './bus-plugin.test.fixture.ts';
import { MemoryServer } from './memory-bus.test.fixture.ts';

type Spoil = (original: Transport) => Transport;

const never = new Promise<never>(() => undefined);

const connecting =
  (change: (connection: Connection) => Partial<Connection>): Spoil =>
  (original) => ({
    listen: (address, exchange) => original.listen(address, exchange),
    connect: async (target) => {
      const connection = await original.connect(target);
      return { ...connection, ...change(connection) };
    },
  });

const listening =
  (change: (listener: Listener) => Partial<Listener>, address = (given: string) => given): Spoil =>
  (original) => ({
    connect: (target) => original.connect(target),
    listen: async (given, exchange) => {
      const listener = await original.listen(address(given), exchange);
      return { ...listener, ...change(listener) };
    },
  });

/** Calls that fail hang instead. */
const hanging: (exchange: Exchange) => Exchange = (exchange) => (message) =>
  exchange(message).catch(() => never);

/** What is wrong, and the clause that must say so. */
const wrong: Record<string, [Spoil, RegExp]> = {
  'calls in flight hang': [
    connecting(({ exchange }) => ({ exchange: hanging(exchange) })),
    /when its server dies/,
  ],
  'a connection does not say that it is lost': [
    connecting(() => ({ closed: never })),
    /when its server dies/,
  ],
  'a listener does not say that it is lost': [
    listening(() => ({ closed: never })),
    /when its server dies/,
  ],
  'a listener that is closed by nobody says so': [
    listening(({ closed }) => ({ closed: closed.then(() => undefined) })),
    /when its server dies/,
  ],
  'a listener has another address each time': [
    listening(
      () => ({}),
      () => '',
    ),
    /when its server dies/,
  ],
  'what fails has another code': [
    (original) => ({
      listen: (address, exchange) => original.listen(address, exchange),
      connect: (target) =>
        original.connect(target).catch(() => {
          throw new MicroError('deadline_exceeded', 'no server');
        }),
    }),
    /when its server dies|without its server/,
  ],
  'what gives up is not refused': [
    (original) => ({
      listen: (address, exchange) => original.listen(address, exchange),
      connect: (target) =>
        original.connect(target).catch(() => {
          throw new MicroError('unavailable', 'no answer');
        }),
    }),
    /when its server freezes/,
  ],
};

/** A server that can also be frozen: then it takes what is sent, and nothing arrives. */
function handsOf(server: MemoryServer) {
  return {
    stop: async () => server.stop(),
    start: async () => server.start(),
    freeze: async () => void (server.fate = () => 0),
    thaw: async () => void (server.fate = () => 1),
  };
}

describe('transports on servers that break the contract are found out', () => {
  it.each(Object.entries(wrong))(
    '%s',
    async (_name, [spoil, sentence]) => {
      const server = new MemoryServer();
      const away = new MemoryServer();
      away.stop();
      const { failed } = await runKit(
        (its) =>
          transportKit({
            it: its,
            plugin: () => busPlugin(server, spoil),
            unreachable: () => busPlugin(away, spoil),
            server: handsOf(server),
            patience: 700,
          }),
        sentence,
      );
      expect([...failed.keys()].length).toBeGreaterThan(0);
      for (const message of failed.values()) expect(message).toMatch(/[a-z].*\./s);
    },
    60_000,
  );

  it('and one that keeps it is not', async () => {
    const server = new MemoryServer();
    const { failed, passed } = await runKit(
      (its) => transportKit({ it: its, plugin: () => busPlugin(server), server: handsOf(server) }),
      /its server/,
    );
    expect([[...failed], passed.length]).toEqual([[], 2]);
  }, 60_000);
});
