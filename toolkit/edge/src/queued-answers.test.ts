import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { openServer } from './http-server.test.fixture.ts';

it('closes every answer of a client that goes, and each once', async () => {
  const closed: string[] = [];
  let asked = 0;
  const { port } = await openServer({}, (fastify) => {
    fastify.get('/:name', (request, reply) => {
      asked++;
      reply.raw.on('close', () => closed.push(request.url));
      if (request.url === '/first') setTimeout(() => void reply.send('answered'), 50);
    });
  });
  const client = connect(port, '127.0.0.1');
  const names = ['/first', ...Array.from({ length: 20 }, (_, at) => `/${at}`)];
  client.write(names.map((name) => `GET ${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
  await once(client, 'data');
  expect(asked).toBe(21);
  client.destroy();
  while (closed.length < names.length) await wait(10);
  await wait(50);
  expect([...closed].sort()).toEqual([...names].sort());
});
