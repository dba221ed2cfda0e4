import { MicroError } from '@micro-ts/interface';
import type { Broker, Closable, RoleContext } from '@micro-ts/interface';
import type { RabbitConnection } from '../connection.ts';
import type { RabbitmqOptions } from '../options.ts';

/** Events over RabbitMQ. */
export class RabbitmqBroker implements Broker {
  constructor(_options: RabbitmqOptions, _context: RoleContext<RabbitConnection>) {}

  publish(): Promise<void> {
    return Promise.reject(new MicroError('unimplemented', 'not yet'));
  }

  subscribe(): Promise<Closable> {
    return Promise.reject(new MicroError('unimplemented', 'not yet'));
  }
}
