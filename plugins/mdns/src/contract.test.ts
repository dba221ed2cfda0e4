import { registryKit } from '@micro-ts/testing';
import { createSocket } from 'node:dgram';
import mdns from './index.ts';
import { describeOnLoopback, freePort } from './loopback.test.fixture.ts';

describeOnLoopback('the contract of registries', () => {
  let port = 0;
  const greedy = createSocket('udp4');
  beforeAll(async () => {
    port = await freePort();
    await new Promise<void>((resolve) => greedy.bind(0, resolve));
  });
  afterAll(() => greedy.close());
  registryKit({
    it,
    plugin: () => mdns({ interface: '127.0.0.1', port }),
    // The port belongs to a program that does not share it.
    unreachable: () => mdns({ interface: '127.0.0.1', port: greedy.address().port }),
    shortestTtl: 1_000,
  });
});
