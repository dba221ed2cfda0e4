// Our plugins on servers, each with the server of this run.
import nats from '@micro-ts/nats';
import rabbitmq from '@micro-ts/rabbitmq';
import redis from '@micro-ts/redis';

const plugins = {
  nats: (url) => nats({ servers: url }),
  // A lasting queue makes every event of its exchange dearer: one measurement must not slow the other.
  rabbitmq: (url, acked) => rabbitmq({ address: url, exchange: acked ? 'micro-acked' : 'micro' }),
  redis: (url) => redis({ address: url }),
};

export const pluginOf = ({ kind, url, acked = false }) => plugins[kind](url, acked);
