// moleculer-web before a service over Moleculer's TCP transporter.
import { createRequire } from 'node:module';
import { answering, requestsTo } from './http-requests.mjs';
import { brokerOf, serve } from './moleculer-tcp.mjs';

const ApiService = createRequire(import.meta.url)('moleculer-web');

export { serve };

export async function forward({ httpPort, ...options }) {
  const broker = brokerOf('client', options);
  broker.createService({
    ...{ name: 'api', mixins: [ApiService] },
    settings: {
      ...{ port: httpPort, ip: '127.0.0.1', logRequest: null, logResponse: null },
      routes: [
        {
          path: '/',
          aliases: { 'POST greeter/hello': 'greeter.hello' },
          ...{ bodyParsers: { json: true }, mappingPolicy: 'restrict' },
        },
      ],
    },
  });
  await broker.start();
  await broker.waitForServices('greeter');
  return { close: () => broker.stop() };
}

export const connect = ({ httpPort, inFlight }) =>
  answering(requestsTo(httpPort, '/greeter/hello', { inFlight }));
