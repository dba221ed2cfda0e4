// Micro as a user runs it: registry, selector, deadline, retry, context and stats are all on.
// This is plain JavaScript, so the decorators are called by hand.
import { createApp, Handler, Service, unchecked } from 'micro-ts';
import { greet, request } from './payload.mjs';

export class Greeter {
  async hello(asked) {
    return greet(asked);
  }

  /** Each message is 32 bytes of JSON. */
  async *count() {
    for (let n = 10_000_000; ; n++) yield { n, text: '........' };
  }
}
Handler({ request: unchecked })(Greeter.prototype, 'hello');
Handler({ request: unchecked })(Greeter.prototype, 'count');
Service('greeter')(Greeter);

/** The registry is a folder that server and client of one contender share. */
export const configOf = (frames) => ({
  registry: ['local', { folder: process.env.MICRO_BENCH_REGISTRY }],
  transport: ['http', { frames }],
  log: 'error',
});

/** `serve` and `connect` over one of the two protocols. */
export const over = (frames) => ({
  serve: () => createApp(configOf(frames), [Greeter]),

  connect: async () => {
    const app = await createApp(configOf(frames));
    return clientOf(app);
  },
});

/** `serve` and `connect` over a plugin that is made of the run's options. */
export const through = (pluginOf) => {
  const configFor = (options) => ({
    ...configOf(true),
    ...{ transport: pluginOf(options), broker: 'memory' },
  });
  return {
    serve: (options) => createApp(configFor(options), [Greeter]),
    connect: async (options) => clientOf(await createApp(configFor(options))),
  };
};

/** Service and client in one app, which meet as values. */
export async function together() {
  return clientOf(await createApp(configOf(true), [Greeter]));
}

function clientOf(app) {
  const greeter = app.client('greeter');
  return {
    call: () => greeter.hello(request),
    count: () => greeter.count({}, { timeout: Infinity }),
    close: () => app.close(),
  };
}
