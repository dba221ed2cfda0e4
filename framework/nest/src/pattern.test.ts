import { endpointOf, topicOf } from './index.ts';
import type { Pattern } from './index.ts';

describe('patterns', () => {
  it.each<[Pattern, string, string]>([
    ['Greeter.Hello', 'Greeter.Hello', 'Greeter.Hello'],
    ['user.get', 'user.get', 'user.get'],
    ['sum', 'Math.Sum', 'sum'],
    ['get_all-users', 'Math.GetAllUsers', 'get_all-users'],
    ['time.us.*', 'Math.TimeUs', 'time.us.*'],
    [7, 'Math.7', '7'],
    [{ cmd: 'sum' }, 'Math.Sum', 'sum'],
    [{ cmd: 'Greeter.Hello' }, 'Greeter.Hello', 'Greeter.Hello'],
    [{ role: 'user', cmd: 'get' }, 'Math.GetUser', 'get.user'],
    [{ a: { b: 'deep' }, c: 1 }, 'Math.Deep1', 'deep.1'],
    ['größe', 'Math.Größe', 'größe'],
    [null as never, 'Math.Null', 'null'],
  ])('%j is the endpoint %s and the topic %s', (pattern, endpoint, topic) => {
    expect(endpointOf('acme.math', pattern)).toBe(endpoint);
    expect(topicOf(pattern)).toBe(topic);
  });

  it.each<[Pattern]>([[''], ['*'], [{}]])('%j has no endpoint', (pattern) => {
    expect(() => endpointOf('math', pattern)).toThrow('no word');
  });
});
