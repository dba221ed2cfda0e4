import { transportKit } from '@micro-ts/testing';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import nats from '../index.ts';

needsServer(describe, 'nats')('the transport on NATS', () => {
  transportKit({ it, plugin: async () => nats({ servers: await serverUrl('nats') }) });
});
