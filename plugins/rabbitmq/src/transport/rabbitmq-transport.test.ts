import { transportKit } from '@micro-ts/testing';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import rabbitmq from '../index.ts';

needsServer(describe, 'rabbitmq')('the transport on RabbitMQ', () => {
  transportKit({ it, plugin: async () => rabbitmq({ address: await serverUrl('rabbitmq') }) });
});
