// A client that knows many services and nodes. Between it and the server stands no socket, so that
// what is measured is the framework: thousands of nodes would otherwise mean thousands of sockets.
import { closable, definePlugin } from '@micro-ts/interface';
import { createApp } from 'micro-ts';
import { Greeter } from './micro-greeter.mjs';
import { request } from './payload.mjs';

export async function connect({ services, nodes, called = services }) {
  const records = [];
  let serving;
  const never = () => closable(() => undefined);
  const inside = definePlugin({
    name: 'inside',
    roles: {
      registry: {
        supports: { ttl: false, watch: true, scope: 'host' },
        create: () => ({
          register: async (node) => void records.push(node),
          deregister: async () => undefined,
          lookup: async (service) => copiesOf(records[0], service, nodes),
          list: async () => names,
          watch: async (listener, service) => {
            listener(new Map([[service, copiesOf(records[0], service, nodes)]]));
            return never();
          },
        }),
      },
      transport: {
        supports: { streams: true, cancel: true, grace: 0 },
        create: () => ({
          // The server knows one name; what the others cost is the client's affair.
          connect: async () => ({
            ...never(),
            exchange: (call) => serving({ ...call, service: 'greeter' }),
          }),
          listen: async (_address, exchange) => {
            serving = exchange;
            return { ...never(), address: 'inside:1', metadata: {}, drain: async () => undefined };
          },
        }),
      },
    },
  });
  const names = Array.from({ length: services }, (_, at) => `greeter-${at}`);
  const config = { registry: inside, transport: inside, broker: 'memory', log: 'error' };
  const server = await createApp(config, [Greeter]);
  const app = await createApp(config);
  const clients = names.map((name) => app.client(name));
  for (const client of clients) await client.hello(request);
  let next = 0;
  return {
    call: () => clients[next++ % called].hello(request),
    close: async () => {
      await app.close();
      await server.close();
    },
  };
}

const copiesOf = (record, service, count) =>
  Array.from({ length: count }, (_, at) => ({
    ...record,
    id: `${service}-${at}`,
    service,
    address: `inside:${at + 1}`,
  }));
