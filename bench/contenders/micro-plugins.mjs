// Our plugins on servers, each with the server of this run.
import nats from '@micro-ts/nats';
import rabbitmq from '@micro-ts/rabbitmq';
import redis from '@micro-ts/redis';

const plugins = {
  nats: (url) => nats({ servers: url }),
  rabbitmq: (url) => rabbitmq({ address: url }),
  redis: (url) => redis({ address: url }),
};

export const pluginOf = ({ kind, url }) => plugins[kind](url);
