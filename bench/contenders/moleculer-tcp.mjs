// Moleculer: two nodes over its TCP transporter, which know each other's address beforehand.
import { ServiceBroker } from 'moleculer';
import { greet, request } from './payload.mjs';

export async function serve(options) {
  const broker = brokerOf('server', options);
  broker.createService({
    name: 'greeter',
    actions: { hello: ({ params }) => greet(params) },
  });
  await broker.start();
  return { close: () => broker.stop() };
}

export async function connect(options) {
  const broker = brokerOf('client', options);
  await broker.start();
  await broker.waitForServices('greeter');
  return { call: () => broker.call('greeter.hello', request), close: () => broker.stop() };
}

/** The node `server` or `client`. */
export const brokerOf = (nodeID, { port, otherPort }) =>
  new ServiceBroker({
    nodeID,
    logger: false,
    transporter: {
      type: 'TCP',
      options: {
        udpDiscovery: false,
        useHostname: false,
        urls: [`127.0.0.1:${port}/server`, `127.0.0.1:${otherPort}/client`],
      },
    },
  });
