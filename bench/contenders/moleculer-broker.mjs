// A broker of Moleculer whose transporter is a server.
import { ServiceBroker } from 'moleculer';

const types = { nats: 'NATS', redis: 'Redis', rabbitmq: 'AMQP' };

/** @param prefetch what AMQP may hand out at once; Moleculer's default, 1, would be no comparison */
export const brokerOf = (nodeID, { kind, url, inFlight }, namespace) =>
  new ServiceBroker({
    ...{ nodeID, namespace, logger: false },
    transporter: { type: types[kind], options: transporterOptions(kind, url, inFlight) },
  });

function transporterOptions(kind, url, inFlight) {
  if (kind === 'redis') {
    const { hostname: host, port } = new URL(url);
    return { host, port: Number(port) };
  }
  return kind === 'nats' ? { url } : { url, prefetch: inFlight };
}
