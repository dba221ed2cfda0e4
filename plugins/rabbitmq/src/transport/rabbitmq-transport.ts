import { BusTransport } from '@micro-ts/bus';
import type { RoleContext, Transport, TransportSupports } from '@micro-ts/interface';
import type { RabbitConnection } from '../connection.ts';
import type { RabbitmqSettings } from '../options.ts';
import { RabbitmqBus } from './rabbitmq-bus.ts';

/** What calls over RabbitMQ can do. */
export const transportSupports: TransportSupports = {
  streams: true,
  cancel: true,
  grace: 2_000, // for go-micro's callers, who are not told; tunnels need none
};

/** Calls over RabbitMQ: in tunnels between nodes of Micro, as go-micro's transport with others. */
export function rabbitmqTransport(
  { exchange, durable }: RabbitmqSettings,
  { connection, limits, logger }: RoleContext<RabbitConnection>,
): Transport {
  const busOf = (link: RabbitConnection): RabbitmqBus => new RabbitmqBus(link, exchange, durable);
  return new BusTransport({ name: 'rabbitmq', connection, busOf, limits, logger });
}
