import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { closeAll } from '@micro-ts/testing';
import { certificates, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { event, failure, hear, open, until } from './scene.test.fixture.ts';

const { authority, serverCert, serverKey, otherAuthority } = certificates;

/** Whether the server speaks TLS on its port. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('secureConnect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(false));
  });

needsServer(
  describe,
  'rabbitmq',
  true,
)('a RabbitMQ that speaks TLS', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('rabbitmq', {
      ready: answers,
      env: ({ folder, ports: [port] }) => {
        const file = (name: string, text: string): string => {
          writeFileSync(join(folder, name), text, { mode: 0o644 });
          return join(folder, name);
        };
        const config = [
          'listeners.tcp = none',
          `listeners.ssl.1 = 127.0.0.1:${port}`,
          `ssl_options.cacertfile = ${file('ca.pem', authority)}`,
          `ssl_options.certfile = ${file('cert.pem', serverCert)}`,
          `ssl_options.keyfile = ${file('key.pem', serverKey)}`,
          'ssl_options.verify = verify_none',
          'ssl_options.fail_if_no_peer_cert = false',
        ];
        file('rabbitmq.conf', `${config.join('\n')}\n`);
        return {
          RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
          RABBITMQ_NODE_PORT: '',
          RABBITMQ_NODE_IP_ADDRESS: '',
        };
      },
    });
  }, 120_000);
  afterAll(() => server.close());
  afterEach(closeAll);

  it('is trusted if its certificate is signed by whom we trust', async () => {
    const address = `127.0.0.1:${server.port}`;
    const { broker } = open({ address, tls: { ca: authority } });
    const heard = await hear(broker, 'tls.events');
    await broker.publish('tls.events', event('secret'));
    await until('it came', () => heard.deliveries.length === 1);
  });

  it.each([
    ['another authority', { ca: otherAuthority }, 'tls.ca'],
    ['none', {}, 'tls.ca'],
    ['another name', { ca: authority, servername: 'other.test' }, 'tls.servername'],
  ])('is refused with %s, and the option is named', async (_what, tls, option) => {
    const { broker } = open({ address: `127.0.0.1:${server.port}`, tls });
    const failed = await failure(broker.publish('tls.events', event('x')));
    expect(failed).toMatchObject({ code: 'unavailable', refused: true });
    expect(failed.message).toContain(
      `127.0.0.1:${server.port} has a certificate that is not trusted`,
    );
    expect(failed.message).toContain(option);
  });

  it('says so to those who do not', async () => {
    const { broker } = open({ address: `amqp://127.0.0.1:${server.port}` });
    expect(await failure(broker.publish('tls.events', event('x')))).toMatchObject({
      ...{ code: 'unavailable', refused: true },
      message: expect.stringMatching(/check rabbitmq\.address, and write amqps:\/\//),
    });
  });
});
