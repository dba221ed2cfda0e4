// Events of NestJS. At most once each process that listens gets them; over RabbitMQ that takes a fanout
// exchange and a queue of its own for each. At least once there is RabbitMQ only: a durable queue, persistent
// messages, and the handler acknowledges.
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { serveEvents } from './nest-greeter.mjs';

export const serve = ({ handled, ...options }) =>
  serveEvents(
    transportOf({ ...options, noAck: !options.acked }),
    options.acked
      ? (event, context) => {
          handled(event);
          context.getChannelRef().ack(context.getMessage());
        }
      : handled,
  );

export async function connect(options) {
  const client = ClientProxyFactory.create(transportOf(options));
  await client.connect();
  return {
    publish: (event) => lastValueFrom(client.emit('bench.events', event), { defaultValue: null }),
    close: () => client.close(),
  };
}

function transportOf({ kind, url, acked, inFlight, noAck = true }) {
  const { hostname: host, port } = new URL(url);
  if (kind === 'nats') return { transport: Transport.NATS, options: { servers: [url] } };
  if (kind === 'redis')
    return { transport: Transport.REDIS, options: { host, port: Number(port) } };
  const fanout = {
    ...{ exchange: 'nest-events', exchangeType: 'fanout' },
    ...{ queue: '', queueOptions: { exclusive: true, autoDelete: true } },
  };
  const durable = {
    ...{ queue: 'nest-acked', queueOptions: { durable: true } },
    ...{ noAck, persistent: true, prefetchCount: inFlight },
  };
  return { transport: Transport.RMQ, options: { urls: [url], ...(acked ? durable : fanout) } };
}
