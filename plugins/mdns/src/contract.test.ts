import { registryKit } from '@micro-ts/testing';
import mdns from './index.ts';
import { freePort } from './loopback.test.fixture.ts';

describe('the contract of registries', () => {
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
  });
  registryKit({ it, plugin: () => mdns({ interface: '127.0.0.1', port }), shortestTtl: 1_000 });
});
