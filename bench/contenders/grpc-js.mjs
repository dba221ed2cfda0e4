// grpc-js with a proto file that is loaded at start.
import { join } from 'node:path';
import { credentials, loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { greet, request } from './payload.mjs';

const { bench } = loadPackageDefinition(loadSync(join(import.meta.dirname, 'greeter.proto')));

export async function serve({ port }) {
  const server = new Server();
  server.addService(bench.Greeter.service, {
    Hello: (call, answer) => answer(null, greet(call.request)),
  });
  await new Promise((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  return { close: () => server.forceShutdown() };
}

export async function connect({ port }) {
  const client = new bench.Greeter(`127.0.0.1:${port}`, credentials.createInsecure());
  return {
    call: () =>
      new Promise((resolve, reject) =>
        client.Hello(request, (error, answer) => (error ? reject(error) : resolve(answer))),
      ),
    close: () => client.close(),
  };
}
