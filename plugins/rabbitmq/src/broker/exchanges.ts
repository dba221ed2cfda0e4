import { MicroError } from '@micro-ts/interface';
import type { RabbitConnection } from '../connection.ts';
import type { RabbitmqOptions } from '../options.ts';

/**
 * Where events go. All are published to go-micro's exchange. Unless that is durable, queues that must
 * last are bound to a durable one behind it: a restart takes an exchange that is not durable away, and
 * with it the bindings of its queues.
 */
export class Exchanges {
  /** Where events are published, and where queues of the moment are bound. */
  readonly events: string;
  /** Where lasting queues are bound. */
  readonly lasting: string;
  readonly #durable: boolean;
  readonly #declared = new WeakMap<RabbitConnection, Promise<void>>();

  constructor({ exchange, durable }: RabbitmqOptions) {
    this.events = exchange;
    this.lasting = durable ? exchange : `${exchange}.durable`;
    this.#durable = durable;
  }

  /** Once for each connection: a restart of the server ends those. */
  declare(connection: RabbitConnection): Promise<void> {
    const known = this.#declared.get(connection);
    if (known !== undefined) return known;
    const declaring = this.#declare(connection);
    this.#declared.set(connection, declaring);
    declaring.catch(() => this.forget(connection));
    return declaring;
  }

  /** Something was not there: the next time they are declared again. */
  forget(connection: RabbitConnection): void {
    this.#declared.delete(connection);
  }

  async #declare(connection: RabbitConnection): Promise<void> {
    try {
      await connection.briefly(async (channel) => {
        await channel.assertExchange(this.events, 'topic', { durable: this.#durable });
        if (this.#durable) return;
        await channel.assertExchange(this.lasting, 'topic', { durable: true });
        await channel.bindExchange(this.lasting, this.events, '#');
      });
    } catch (error) {
      if (!(error instanceof MicroError) || error.code !== 'failed_precondition') throw error;
      const text = `${error.message}: change the option durable or exchange`;
      throw new MicroError(error.code, text, { cause: error, refused: true });
    }
  }
}
