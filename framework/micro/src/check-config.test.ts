import { checkConfig } from './check-config.ts';

describe('checkConfig', () => {
  it('returns what is right', () => {
    const config = {
      registry: 'etcd',
      transport: ['http', ['nats', { servers: 'a' }]],
      deadline: Infinity,
      retries: 0,
      grace: 0,
      limits: { messageBytes: 1 },
      metadata: { zone: 'eu' },
      interceptors: { server: [() => async () => undefined] },
      debug: { expose: true },
      log: 'silent',
      name: undefined,
    };
    expect(checkConfig(config, 'x')).toEqual(config);
  });

  it('leaves out what is meant for editors', () => {
    expect(checkConfig({ $schema: './micro.json', name: 'a' }, 'x')).toEqual({ name: 'a' });
  });

  it.each<[unknown, string]>([
    [undefined, 'micro.config.ts: holds undefined, not a configuration'],
    [null, 'micro.config.ts: holds null, not a configuration'],
    [[], 'micro.config.ts: holds a list, not a configuration'],
    [() => ({}), 'micro.config.ts: holds a function, not a configuration'],
    ['etcd', 'micro.config.ts: holds "etcd", not a configuration'],
    [{ regsitry: 'etcd' }, 'regsitry: is not known (micro.config.ts)\n  Did you mean "registry"?'],
    [
      { limits: { messageBites: 1 } },
      'limits.messageBites: is not known (micro.config.ts)\n  Did you mean "messageBytes"?',
    ],
    [
      { interceptors: { both: [] } },
      'interceptors.both: is not known (micro.config.ts)\n  Known: client, server',
    ],
    [{ registry: 5 }, 'registry: is 5, and should be'],
    [{ transport: [] }, 'transport: is a list, and should be'],
    [{ codecs: 'json' }, 'codecs: is "json", and should be a list of codecs (micro.config.ts)'],
    [
      { deadline: '5s' },
      'deadline: is "5s", and should be a number of ms above 0 (micro.config.ts)',
    ],
    [{ deadline: NaN }, 'deadline: is NaN, and should be a number of ms above 0'],
    [{ retries: 1.5 }, 'retries: is 1.5, and should be a whole number, 0 or more'],
    [{ grace: -1 }, 'grace: is -1, and should be a number of ms, 0 or more'],
    [{ limits: { handshake: 0 } }, 'limits.handshake: is 0, and should be a number above 0'],
    [{ limits: 5 }, 'limits: is 5, and should be an object'],
    [{ metadata: { zone: 1 } }, 'metadata.zone: is 1, and should be a string'],
    [{ interceptors: { client: [1] } }, 'interceptors.client: is a list, and should be a list of'],
    [{ debug: { expose: 'yes' } }, 'debug.expose: is "yes", and should be true or false'],
    [{ log: 'loud' }, 'log: is "loud", and should be one of debug, info, warn, error, silent'],
    [JSON.parse('{"__proto__":{"a":1}}'), '__proto__: is not known (micro.config.ts)'],
    [{ constructor: 1 }, 'constructor: is not known (micro.config.ts)'],
  ])('refuses %j', (value, message) => {
    expect(() => checkConfig(value, 'micro.config.ts')).toThrow(message);
  });
});
