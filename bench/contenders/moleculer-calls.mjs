// Moleculer: two nodes over NATS or RabbitMQ.
import { brokerOf } from './moleculer-broker.mjs';
import { greet, request } from './payload.mjs';

export async function serve(options) {
  const broker = brokerOf('server', options, 'calls');
  broker.createService({
    name: 'greeter',
    actions: { hello: ({ params }) => greet(params) },
  });
  await broker.start();
  return { close: () => broker.stop() };
}

export async function connect(options) {
  const broker = brokerOf('client', options, 'calls');
  await broker.start();
  await broker.waitForServices('greeter');
  return { call: () => broker.call('greeter.hello', request), close: () => broker.stop() };
}
