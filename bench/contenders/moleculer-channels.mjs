// @moleculer/channels, the acknowledged events of Moleculer: on JetStream, Redis streams, RabbitMQ.
import { setImmediate as turn } from 'node:timers/promises';
import channels from '@moleculer/channels';
import { ServiceBroker } from 'moleculer';

const { Adapters, Middleware } = channels;

export async function serve({ handled, ...options }) {
  const broker = brokerOf('server', options);
  broker.createService({
    name: 'listener',
    channels: {
      'bench.channel': { group: 'bench', maxInFlight: options.inFlight, handler: handled },
    },
  });
  await broker.start();
  return { close: () => broker.stop() };
}

export async function connect(options) {
  const broker = brokerOf('client', options);
  await broker.start();
  return {
    publish: async (event) => {
      try {
        await broker.sendToChannel('bench.channel', event);
      } catch (error) {
        // It was written all the same: this is how it says that it should go slower.
        if (!error.message.includes('buffer is full')) throw error;
        await turn();
      }
    },
    close: () => broker.stop(),
  };
}

const adapters = {
  nats: (url, more) => new Adapters.NATS({ nats: { url }, ...more }),
  redis: (url, more) => new Adapters.Redis({ redis: { url }, ...more }),
  rabbitmq: (url, more) =>
    new Adapters.AMQP({ amqp: { url, messageOptions: { persistent: true } }, ...more }),
};

function brokerOf(nodeID, { kind, url, inFlight }) {
  const adapter = adapters[kind](url, { maxInFlight: inFlight });
  // It reads the driver's version from a file that newer drivers do not show. It works with them.
  adapter.checkClientLibVersion = () => true;
  return new ServiceBroker({
    ...{ nodeID, logger: false },
    middlewares: [Middleware({ adapter })],
  });
}
