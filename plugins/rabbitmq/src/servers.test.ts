import * as v from 'valibot';
import { ConfigError } from '@micro-ts/interface';
import { openPlugin } from '@micro-ts/testing';
import { rabbitmq } from './index.ts';
import { rabbitmqOptions } from './options.ts';
import { serversOf } from './servers.ts';

const servers = (options: v.InferInput<typeof rabbitmqOptions>) =>
  serversOf(v.parse(rabbitmqOptions, options));

const guest = { username: 'guest', password: 'guest', vhost: '/' };

describe('the servers of RabbitMQ', () => {
  it('are this machine unless told otherwise', () => {
    expect(servers({})).toEqual([{ ...guest, secure: false, host: '127.0.0.1', port: 5_672 }]);
  });

  it('are read from URLs, hosts and lists', () => {
    const address = ['amqp://one', 'two:5673', '[::1]:5672'];
    expect(servers({ address })).toMatchObject([
      { host: 'one', port: 5_672, secure: false },
      { host: 'two', port: 5_673, secure: false },
      { host: '::1', port: 5_672, secure: false },
    ]);
    expect(servers({ address: 'amqps://three' })).toMatchObject([
      { host: 'three', port: 5_671, secure: true },
    ]);
  });

  it('may have user, password and virtual host in the URL; options win', () => {
    const address = 'amqp://us%40er:p%2Fw@host/a%2Fb';
    expect(servers({ address })).toMatchObject([
      { username: 'us@er', password: 'p/w', vhost: 'a/b' },
    ]);
    const own = { username: 'me', password: 'mine', vhost: 'v' };
    expect(servers({ address, ...own })).toMatchObject([own]);
  });

  it('are dialled by TLS where the address is a host and tls is given', () => {
    const [secure] = servers({ address: 'two', tls: {} });
    expect(secure).toMatchObject({ secure: true, port: 5_671 });
    expect(() => servers({ address: ['two', 'amqp://one'], tls: {} })).toThrow(ConfigError);
  });

  it.each<[string, v.InferInput<typeof rabbitmqOptions>, RegExp]>([
    ['tls without', { address: 'amqp://user:secret@one', tls: {} }, /^rabbitmq\.address: begins/],
    [
      'TLS for some',
      { address: ['amqps://one', 'secret:x@two'] },
      /with TLS and without\n.*amqps:/,
    ],
    ['a missing file', { tls: { ca: '/no/such/file' } }, /^rabbitmq\.tls\.ca: cannot be read/],
  ])('are refused before anything is dialled: %s', (_what, options, text) => {
    const open = (): unknown => openPlugin(rabbitmq(options));
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(text);
    expect(open).not.toThrow(/secret/);
  });

  it.each(['amq.events', 'amq.'])('have no exchange %s for us', (exchange) => {
    expect(() => rabbitmq({ exchange })).toThrow(/^rabbitmq\.exchange: begins with 'amq\.'/);
  });

  it.each([
    'http://user:secret@host',
    'amqp://user:secret@',
    'amqp://host:99999',
    'host:0',
    'a,b',
    'amqp:/host',
    'amqp//host',
    '',
    'a b',
  ])('are not %j, and no secret is told', (address) => {
    const configure = (): unknown => rabbitmq({ address });
    expect(configure).toThrow(ConfigError);
    expect(configure).not.toThrow(/secret/);
  });
});
