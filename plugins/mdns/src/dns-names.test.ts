import { MicroError } from '@micro-ts/interface';
import { dnsNames, sameName } from './dns-names.ts';

describe('names', () => {
  const names = dnsNames('micro');

  it('are those of go-micro', () => {
    expect(names.listing).toBe('_services.micro');
    expect(names.service('go.micro.api')).toBe('go.micro.api.micro');
    expect(names.listed('greeter')).toBe('greeter._services.micro');
    const { name } = names.instance('greeter-1', 'greeter');
    expect(name).toBe('greeter-1.greeter.micro');
    expect(names.idOf(name, 'greeter')).toBe('greeter-1');
    expect(names.idOf(name.toUpperCase(), 'greeter')).toBe('GREETER-1');
    expect(names.idOf(name, 'other')).toBeUndefined();
    expect(sameName('Greeter.micro', 'greeter.MICRO')).toBe(true);
  });

  it.each(['a', 'a.b', '..', '.a', 'a.', 'a..b', '%', '%2E', '%252E.', '../%/..', 'größe 日本'])(
    'of a service called %j are read as they were written, without empty labels',
    (service) => {
      expect(names.fromListed(names.listed(service))).toBe(service);
      expect(names.service(service).split('.')).not.toContain('');
    },
  );

  it('keep apart what is not the same', () => {
    const odd = ['a.b', 'a..b', 'a%2Eb', '.a.b', 'a.b.', 'a%2E.b', 'a%252Eb'];
    expect(new Set(odd.map((service) => names.service(service))).size).toBe(odd.length);
  });

  it('are refused for services that DNS cannot name, and for the listing itself', () => {
    for (const service of [
      'x'.repeat(64),
      'ü'.repeat(32),
      'a.'.repeat(120) + 'a',
      '_services',
      '',
    ]) {
      expect(() => names.service(service)).toThrow(MicroError);
    }
    expect(names.service('x'.repeat(63))).toHaveLength(69);
  });

  it('are derived from ids that DNS cannot hold', () => {
    const id = `${'long-'.repeat(10)}0f0e7c52-9d33-4a6b-8a3b-0d6f2f7d1c11`;
    const { name, derived } = names.instance(id, 'greeter');
    expect(derived).toBe(true);
    expect(name).toMatch(/^[0-9a-f]{40}\.greeter\.micro$/);
    expect(names.instance(`${id}2`, 'greeter').name).not.toBe(name);
  });
});
