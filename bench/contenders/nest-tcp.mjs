// NestJS: a microservice and a client proxy over its TCP transport, with the default options.
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { serveGreeter } from './nest-greeter.mjs';
import { request } from './payload.mjs';

export const transportOf = ({ port }) => ({
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port },
});

export const serve = (options) => serveGreeter(transportOf(options));

export async function connect(options) {
  const client = ClientProxyFactory.create(transportOf(options));
  await client.connect();
  return {
    call: () => firstValueFrom(client.send('hello', request)),
    close: () => client.close(),
  };
}
