import { ConfigError } from '@micro-ts/interface';
import * as v from 'valibot';
import etcd from './index.ts';
import { openRegistry } from './opened.test.fixture.ts';
import { etcdOptions } from './options.ts';
import { readPlace } from './place.ts';

type Options = NonNullable<Parameters<typeof etcd>[0]>;

describe('the options', () => {
  const read = (options: Options) => v.parse(etcdOptions, options);

  it('have defaults', () => {
    expect(read({})).toEqual({
      addresses: ['127.0.0.1:2379'],
      prefix: '/micro/registry/',
      keepalive: 6_000,
    });
  });

  it('take addresses as text and as a list', () => {
    expect(read({ addresses: 'a:1, b:2' }).addresses).toEqual(['a:1', 'b:2']);
    const tls = { ca: 'x' };
    expect(read({ addresses: ['a:1', 'https://b'], tls }).addresses).toEqual(['a:1', 'https://b']);
    expect(read({ prefix: '/mine' }).prefix).toBe('/mine/');
  });

  it.each([
    ['127.0.0.1:1', '127.0.0.1:1', undefined],
    ['etcd', 'etcd:2379', undefined],
    ['http://etcd', 'etcd:2379', false],
    ['https://etcd:1/', 'etcd:1', true],
    ['[::1]:5', '[::1]:5', undefined],
    ['http://[::1]', '[::1]:2379', false],
  ])('%s is %s', (text, name, secure) => {
    expect(readPlace(text)).toMatchObject({ name, secure });
  });

  it.each([
    { addresses: [] },
    { addresses: '' },
    { addresses: 'redis://a:1' },
    { addresses: 'a:1/path' },
    { addresses: 'a:1-5' },
    { addresses: 'http://user:hunter2@a:1' },
    { addresses: 'http://a:1', tls: {} },
    { addresses: 'https://a:1,b:1', username: 'root', password: 'hunter2' },
    { addresses: ['https://a:1', 'http://b:1'] },
    { tls: { cert: 'x' } },
    { keepalive: 10 },
    { prefix: '' },
    { adresses: 'a:1' },
  ])('%j stop the boot', (options) => {
    expect(() => etcd(options as Options)).toThrow(ConfigError);
    try {
      etcd(options as Options);
    } catch (error) {
      expect(String(error)).not.toContain('hunter2');
    }
  });

  it.each([
    [{ username: 'root' }, /^etcd\.password: is missing.*\n.*ETCD_PASSWORD/],
    [{ password: 'hunter2' }, /^etcd\.username: is missing.*\n.*ETCD_USERNAME/],
    [{ tls: { ca: '/no/such/file' } }, /^etcd\.tls\.ca: cannot be read/],
  ])('%j are refused before anything is dialled', (options, text) => {
    expect(() => openRegistry(options)).toThrow(text);
    expect(() => openRegistry(options)).toThrow(ConfigError);
  });
});
