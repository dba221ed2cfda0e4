import type { ServerUnderTest } from '@micro-ts/testing';
import { transportKit } from '@micro-ts/testing';
import { busPlugin } from './bus-plugin.test.fixture.ts';
import { MemoryServer } from './memory-bus.test.fixture.ts';

describe('a transport over a bus', () => {
  const server = new MemoryServer();
  const away = new MemoryServer();
  away.stop();
  const hands: ServerUnderTest = {
    stop: async () => server.stop(),
    start: async () => server.start(),
  };
  transportKit({
    it,
    plugin: () => busPlugin(server),
    unreachable: () => busPlugin(away),
    server: hands,
  });
});
