import { definePlugin } from '@micro-ts/interface';
import type { Closable, Configured, Transport } from '@micro-ts/interface';
import { BusTransport } from './bus-transport.ts';
import { MemoryBus } from './memory-bus.test.fixture.ts';
import type { MemoryServer } from './memory-bus.test.fixture.ts';

/** A plugin over a bus of this process, perhaps with a transport that is spoilt. */
export function busPlugin(
  server: MemoryServer,
  spoil: (original: Transport) => Transport = (original) => original,
): Configured<'transport'> {
  const links = new WeakMap<object, MemoryBus>();
  return definePlugin({
    name: 'memory-bus',
    connect: async (): Promise<{ link: Closable } & Closable> => {
      const link = await server.connect();
      return { ...link, link };
    },
    roles: {
      transport: {
        supports: { streams: true, cancel: true, grace: 2_000 },
        create: (_options, { connection, limits, logger }) => {
          const busOf = (link: Closable): MemoryBus => {
            const bus = links.get(link) ?? new MemoryBus(server, link);
            links.set(link, bus);
            return bus;
          };
          const link = async (): Promise<Closable> => (await connection()).link;
          const name = 'memory-bus';
          return spoil(new BusTransport({ name, connection: link, busOf, limits, logger }));
        },
      },
    },
  })();
}
