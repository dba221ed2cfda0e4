// NestJS over NATS and over RabbitMQ, with the default options and a queue for the service.
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { serveGreeter } from './nest-greeter.mjs';
import { request } from './payload.mjs';

const transportOf = ({ kind, url }) =>
  kind === 'nats'
    ? { transport: Transport.NATS, options: { servers: [url], queue: 'greeter' } }
    : {
        transport: Transport.RMQ,
        options: { urls: [url], queue: 'nest-greeter', queueOptions: { durable: false } },
      };

export const serve = (options) => serveGreeter(transportOf(options));

export async function connect(options) {
  const client = ClientProxyFactory.create(transportOf(options));
  await client.connect();
  return {
    call: () => firstValueFrom(client.send('hello', request)),
    close: () => client.close(),
  };
}
