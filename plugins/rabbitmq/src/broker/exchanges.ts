import { MicroError } from '@micro-ts/interface';
import type { Channel } from 'amqplib';
import type { RabbitConnection } from '../connection.ts';
import type { RabbitmqSettings } from '../options.ts';

/** A routing key that no topic has. */
const noTopic = '';

/**
 * Where events go. All are published to go-micro's exchange. Unless that is durable, queues that must
 * last are bound to a durable one behind it: a restart takes an exchange that is not durable away, and
 * with it the bindings of its queues. The first queue that must last makes the durable one; without
 * it an event is routed once only, which saves the server a third of its work.
 */
export class Exchanges {
  /** Where events are published, and where queues of the moment are bound. */
  readonly events: string;
  /** Where lasting queues are bound. */
  readonly lasting: string;
  readonly #durable: boolean;
  readonly #declared = new WeakMap<RabbitConnection, Promise<void>>();
  readonly #lastingDeclared = new WeakMap<RabbitConnection, Promise<void>>();

  constructor({ exchange, durable }: RabbitmqSettings) {
    this.events = exchange;
    this.lasting = durable ? exchange : `${exchange}.durable`;
    this.#durable = durable;
  }

  /**
   * Declares where events are published, and binds the durable exchange behind it again where there
   * is one. Once for each connection: a restart of the server ends those.
   */
  declare(connection: RabbitConnection): Promise<void> {
    return once(this.#declared, connection, () =>
      this.#brieflyOn(connection, async (channel) => {
        const [lasts] = await Promise.all([
          !this.#durable && this.#hasLasting(connection),
          channel.assertExchange(this.events, 'topic', { durable: this.#durable }),
        ]);
        if (lasts) await this.#bind(channel);
      }),
    );
  }

  /** The same, and the durable exchange in any case. */
  declareLasting(connection: RabbitConnection): Promise<void> {
    if (this.#durable) return this.declare(connection);
    return once(this.#lastingDeclared, connection, () =>
      this.#brieflyOn(connection, async (channel) => {
        await channel.assertExchange(this.events, 'topic', { durable: false });
        await channel.assertExchange(this.lasting, 'topic', { durable: true });
        await this.#bind(channel);
      }),
    );
  }

  /**
   * Resolves when a lasting queue and its bindings outlive a server that is killed. RabbitMQ may confirm
   * a change while the decision that makes it count is not on disk yet: Mnesia leaves that to another
   * process. Killed within the next two seconds it has forgotten the change, and takes events that go
   * nowhere. What it writes later takes along what it wrote before: so a binding is made and removed
   * that no event fits. The lasting exchange is declared.
   */
  async commit(channel: Channel, queue: string): Promise<void> {
    await Promise.all([
      channel.bindQueue(queue, this.lasting, noTopic),
      channel.unbindQueue(queue, this.lasting, noTopic),
    ]);
  }

  /** Something was not there: the next time they are declared again. */
  forget(connection: RabbitConnection): void {
    this.#declared.delete(connection);
    this.#lastingDeclared.delete(connection);
  }

  #bind(channel: Channel): Promise<unknown> {
    return channel.bindExchange(this.lasting, this.events, '#');
  }

  async #hasLasting(connection: RabbitConnection): Promise<boolean> {
    try {
      await connection.briefly((channel) => channel.checkExchange(this.lasting));
      return true;
    } catch (error) {
      if (error instanceof MicroError && error.code === 'not_found') return false;
      throw error;
    }
  }

  async #brieflyOn(
    connection: RabbitConnection,
    work: (channel: Channel) => Promise<unknown>,
  ): Promise<void> {
    try {
      await connection.briefly(work);
    } catch (error) {
      if (!(error instanceof MicroError) || error.code !== 'failed_precondition') throw error;
      const durable = /arg 'durable'/.test(error.message) ? 'rabbitmq.durable or ' : '';
      const text = `${error.message}: change ${durable}rabbitmq.exchange`;
      throw new MicroError(error.code, text, { cause: error, refused: true });
    }
  }
}

/** What was begun for the connection, or is begun now; a failure is not kept. */
function once(
  known: WeakMap<RabbitConnection, Promise<void>>,
  connection: RabbitConnection,
  begin: () => Promise<void>,
): Promise<void> {
  const begun = known.get(connection);
  if (begun !== undefined) return begun;
  const beginning = begin();
  known.set(connection, beginning);
  beginning.catch(() => known.delete(connection));
  return beginning;
}
