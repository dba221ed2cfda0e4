// Events of Micro, at most once and at least once.
import { createApp, unchecked } from 'micro-ts';
import { pluginOf } from './micro-plugins.mjs';

const appOf = (options) =>
  createApp({
    ...{ registry: 'memory', transport: 'memory', broker: pluginOf(options), log: 'error' },
  });

export async function serve({ handled, ...options }) {
  const { acked } = options;
  const app = await appOf(options);
  const guarantee = acked
    ? { delivery: 'at-least-once', queue: 'bench' }
    : { delivery: 'at-most-once' };
  await app.subscribe(topicOf(acked), async (event) => handled(event), {
    ...guarantee,
    event: unchecked,
  });
  return app;
}

export async function connect(options) {
  const app = await appOf(options);
  const topic = topicOf(options.acked);
  return { publish: (event) => app.publish(topic, event), close: () => app.close() };
}

// On JetStream a stream keeps all topics of one first word: these two must not meet.
const topicOf = (acked) => (acked ? 'acked.bench' : 'once.bench');
