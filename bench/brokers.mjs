// npm run bench -- brokers: events from one process to another, at two guarantees.
//   …-once    at most once: each process that listens gets it, or nobody does
//   …-acked   at least once: it is kept until it is acknowledged, and one of a queue gets it
import { contend, select } from './contending.mjs';

const events = (name, module, kind, acked) => ({
  name: `${name}-${kind}-${acked ? 'acked' : 'once'}`,
  module,
  kind,
  options: { events: true, acked },
});

const once = (kind) =>
  ['micro', 'nest', 'moleculer'].map((peer) => events(peer, `${peer}-events`, kind, false));

export const contenders = [
  ...once('nats'),
  events('micro', 'micro-events', 'nats', true),
  events('moleculer', 'moleculer-channels', 'nats', true),
  ...once('redis'),
  events('micro', 'micro-events', 'redis', true),
  events('moleculer', 'moleculer-channels', 'redis', true),
  ...once('rabbitmq'),
  events('micro', 'micro-events', 'rabbitmq', true),
  events('nest', 'nest-events', 'rabbitmq', true),
  events('moleculer', 'moleculer-channels', 'rabbitmq', true),
];

/** @returns the figures of each */
export const brokers = ({ only, ...length }) =>
  contend(select(contenders, only), { ...length, what: 'event' });
