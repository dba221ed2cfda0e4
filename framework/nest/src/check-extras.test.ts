import { ConfigError } from 'micro-ts';
import { checkExtras } from './check-extras.ts';
import { MicroClientProxy, MicroServer } from './index.ts';

describe('what stands beside a pattern', () => {
  it.each<[object, RegExp]>([
    [{ stream: 'sever' }, /pattern sum: stream is 'sever', and should be 'server' or 'client'/],
    [{ idempotent: 'yes' }, /idempotent is 'yes', and should be true or false/],
    [{ timeout: '5' }, /timeout is '5', and should be a number from 1 on/],
    [{ timeout: -5 }, /timeout is -5/],
    [{ timeout: Number.NaN }, /timeout is NaN/],
    [{ delivery: 'exactly-once' }, /'at-most-once' or 'at-least-once'/],
    [{ attempts: 0 }, /attempts is 0/],
    [{ queue: null }, /queue is null, and should be a text/],
  ])('is refused if mistyped: %j', (extras, problem) => {
    expect(() => checkExtras('sum', extras)).toThrow(ConfigError);
    expect(() => checkExtras('sum', extras)).toThrow(problem);
  });

  it('may be for somebody else, or left open', () => {
    const extras = {
      stream: 'bidi',
      timeout: 5,
      queue: undefined,
      prefetch: 'of another transport',
    };
    expect(() => checkExtras('sum', extras)).not.toThrow();
  });

  it('is checked before a server listens', async () => {
    const server = new MicroServer({ name: 'math' });
    server.addHandler('sum', async () => 1 as never, false, { stream: 'sever' });
    const problem = await new Promise((resolve) => void server.listen(resolve));
    expect(problem).toBeInstanceOf(ConfigError);
  });
});

describe('a name that is missing', () => {
  it.each<[string, () => unknown]>([
    ['MicroServer: the option name is missing', () => new MicroServer({} as never)],
    ['MicroServer: the option name is missing', () => new MicroServer(undefined as never)],
    ['MicroClientProxy: the option service is missing', () => new MicroClientProxy({} as never)],
    ['MicroClientProxy: the option service', () => new MicroClientProxy({ service: '' })],
  ])('is told: %s', (problem, make) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(problem);
  });
});
