// Events of Moleculer over its transporter: at most once, to each node that has a handler.
import { brokerOf } from './moleculer-broker.mjs';

export async function serve({ handled, ...options }) {
  const broker = brokerOf('server', options, 'events');
  broker.createService({
    name: 'listener',
    // It tells by the name of the parameter what the handler wants.
    events: { 'bench.events': { handler: (ctx) => handled(ctx.params) } },
  });
  await broker.start();
  return { close: () => broker.stop() };
}

export async function connect(options) {
  const broker = brokerOf('client', options, 'events');
  await broker.start();
  await broker.waitForServices('listener');
  return {
    publish: (event) => broker.broadcast('bench.events', event),
    close: () => broker.stop(),
  };
}
