import { probeOf } from './probe.ts';

const node = { address: '10.0.0.5:8080' };
const look = (url: string, allowed: readonly string[] = [], address = node.address) =>
  probeOf({ address }, url, allowed);

describe('what a health check may ask', () => {
  it.each<[url: string, allowed?: string[], address?: string]>([
    ['http://10.0.0.5:8080/health'],
    ['https://10.0.0.5:8080/'],
    ['http://10.0.0.5/', [], '10.0.0.5:80'],
    ['https://10.0.0.5/', [], '10.0.0.5:443'],
    ['http://localhost:8080/', [], '127.0.0.1:8080'],
    ['http://[::1]:8080/', [], '127.0.0.1:8080'],
    ['http://App.Example:8080/', [], 'APP.example:8080'],
    ['http://10.0.0.5:9090/', [':9090']],
    ['http://10.0.0.6:9090/', ['10.0.0.6']],
    ['http://10.0.0.6:9090/', ['10.0.0.6:9090']],
    ['http://[fe80::1]:9090/', ['[fe80::1]:9090']],
    ['http://anywhere/', ['*']],
  ])('%s (%#)', (...given) => {
    expect(look(...given)).toBeInstanceOf(Function);
  });

  it.each<[url: string, allowed?: string[]]>([
    ['http://10.0.0.5:9090/'],
    ['http://10.0.0.5/'],
    ['https://10.0.0.5/', [':80']],
    ['http://10.0.0.6:8080/'],
    ['http://10.0.0.6:9090/', [':9090']],
    ['http://10.0.0.6:9090/', ['10.0.0.6:9091', '10.0.0.7']],
    ['http://10.0.0.5@10.0.0.6:8080/'],
    ['http://localhost:8080/'],
  ])('and not %s (%#)', (...given) => {
    expect(() => look(...given)).toThrow(/is not where the app is, 10\.0\.0\.5:8080; allow it/);
  });
});
