// Micro over NATS or RabbitMQ.
import { through } from './micro-greeter.mjs';
import { pluginOf } from './micro-plugins.mjs';

export const { serve, connect } = through(pluginOf);
