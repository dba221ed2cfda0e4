import { formatAddress, isLoopback, isUnspecified, parseAddress } from './index.ts';
import { plainAddress, reachableAddress } from './index.ts';

describe('an address', () => {
  it.each([
    ['10.0.0.5:8080', '10.0.0.5', 8080, 8080],
    ['localhost:0', 'localhost', 0, 0],
    [':8080', '', 8080, 8080],
    ['8080', '', 8080, 8080],
    ['', '', 0, 0],
    ['example.org', 'example.org', 0, 0],
    ['host:8000-8100', 'host', 8000, 8100],
    [':8000-8000', '', 8000, 8000],
    ['[::1]:8080', '::1', 8080, 8080],
    ['[::]:8000-8100', '::', 8000, 8100],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1, 1],
    ['[::1]', '::1', 0, 0],
    ['::1', '::1', 0, 0],
    ['host:65535', 'host', 65535, 65535],
  ])('%j is read', (text, host, port, lastPort) => {
    expect(parseAddress(text)).toEqual({ host, port, lastPort });
  });

  it.each([
    'host:',
    'host:65536',
    'host:-1',
    'host:1-2-3',
    'host:8100-8000',
    'host:8000-',
    'host:80a',
    '[::1',
    '[]:1',
    '[::1]80',
    '[::1]:',
    '[::1]::80',
    'http://host:80',
    'a b:1',
    `${'x'.repeat(400)}:1`,
  ])('%j is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringMatching(/^not an address: .{0,120}$/),
      }),
    );
  });

  it('is written so that it can be read', () => {
    expect(formatAddress('::1', 80)).toBe('[::1]:80');
    expect(formatAddress('[::1]', 80)).toBe('[::1]:80');
    expect(formatAddress('10.0.0.5', 80)).toBe('10.0.0.5:80');
    expect(parseAddress(formatAddress('::1', 80)).host).toBe('::1');
  });

  it('tells loopback and everything', () => {
    const hosts = ['localhost', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', 'a.localhost'];
    for (const host of hosts) expect(isLoopback(host)).toBe(true);
    for (const host of ['10.0.0.1', '', '::', 'localhost.example', '127.0.0.1.example']) {
      expect(isLoopback(host)).toBe(false);
    }
    for (const host of ['', '0.0.0.0', '::']) expect(isUnspecified(host)).toBe(true);
    expect(isUnspecified('127.0.0.1')).toBe(false);
  });

  it.each([
    ['10.0.0.5', '10.0.0.5'],
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['::FFFF:10.0.0.5', '10.0.0.5'],
    ['fe80::1%eth0', 'fe80::1%eth0'], // without the zone it leads nowhere
    ['2001:db8::ffff:5', '2001:db8::ffff:5'],
    ['::ffff:5', '::ffff:5'],
    ['', ''],
  ])('of a socket, %j, is made plain', (text, plain) => {
    expect(plainAddress(text)).toBe(plain);
  });
});

describe('the address of this machine', () => {
  type Interfaces = NonNullable<Parameters<typeof reachableAddress>[0]>;
  const at = (address: string, internal = false): NonNullable<Interfaces[string]> => {
    const rest = { netmask: '', mac: '', cidr: null, internal };
    return address.includes(':')
      ? [{ ...rest, address, family: 'IPv6', scopeid: 0 }]
      : [{ ...rest, address, family: 'IPv4' }];
  };

  it('is one that others can reach', () => {
    expect(
      reachableAddress({
        lo: at('127.0.0.1', true),
        docker0: at('172.17.0.1'),
        wlan0: at('fd00::5'),
        tun0: at('203.0.113.9'),
        eth0: at('192.168.1.7'),
      }),
    ).toBe('192.168.1.7');
    expect(reachableAddress({ docker0: at('172.17.0.1'), eth0: at('203.0.113.9') })).toBe(
      '203.0.113.9',
    );
    expect(reachableAddress({ eth0: at('fd00::5'), br0: at('fe80::1') })).toBe('fd00::5');
    expect(reachableAddress({ lo: at('127.0.0.1', true), eth0: at('169.254.7.7') })).toBe(
      '127.0.0.1',
    );
  });

  it('exists', () => {
    expect(reachableAddress()).toMatch(/[.:]/);
  });
});
