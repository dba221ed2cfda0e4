import { appValues } from './app-options.ts';
import type { Config } from './config.ts';
import { misspelt, readEnvironment } from './environment.ts';

/** A row: what the file says, the variable, the flag, and core's option that comes of them. */
interface Row {
  readonly key: string;
  readonly file: Config;
  readonly variable: readonly [name: string, text: string];
  readonly flag: string;
  readonly values: readonly [file: unknown, variable: unknown, flag: unknown];
}

const rows: readonly Row[] = [
  {
    key: 'name',
    file: { name: 'a' },
    variable: ['MICRO_SERVER_NAME', 'b'],
    flag: '--server_name=c',
    values: ['a', 'b', 'c'],
  },
  {
    key: 'version',
    file: { version: '1' },
    variable: ['MICRO_SERVER_VERSION', '2'],
    flag: '--server-version=3',
    values: ['1', '2', '3'],
  },
  {
    key: 'id',
    file: {},
    variable: ['MICRO_SERVER_ID', 'b'],
    flag: '--server_id=c',
    values: [undefined, 'b', 'c'],
  },
  {
    key: 'address',
    file: { address: ':1' },
    variable: ['MICRO_SERVER_ADDRESS', ':2'],
    flag: '--server-address=:3',
    values: [':1', ':2', ':3'],
  },
  {
    key: 'advertise',
    file: { advertise: 'a:1' },
    variable: ['MICRO_SERVER_ADVERTISE', 'b:1'],
    flag: '--server_advertise=c:1',
    values: ['a:1', 'b:1', 'c:1'],
  },
  {
    key: 'deadline',
    file: { deadline: 1 },
    variable: ['MICRO_CLIENT_REQUEST_TIMEOUT', '2s'],
    flag: '--client_request_timeout=300ms',
    values: [1, 2_000, 300],
  },
  {
    key: 'retries',
    file: { retries: 1 },
    variable: ['MICRO_CLIENT_RETRIES', '0'],
    flag: '--client-retries=3',
    values: [1, 0, 3],
  },
  {
    key: 'registerTtl',
    file: { registerTtl: 1_000 },
    variable: ['MICRO_REGISTER_TTL', '20'],
    flag: '--register_ttl=1m',
    values: [1_000, 20_000, 60_000],
  },
  {
    key: 'registerTtl',
    file: { registerTtl: 1_000 },
    variable: ['MICRO_REGISTER_INTERVAL', '20'],
    flag: '--register_interval=1m',
    values: [1_000, 60_000, 180_000],
  },
  {
    key: 'log',
    file: { log: 'error' },
    variable: ['MICRO_LOG_LEVEL', 'debug'],
    flag: '--log-level=silent',
    values: ['error', 'debug', 'silent'],
  },
];

describe('precedence', () => {
  it.each(rows)(
    '$key: flag over $variable.0 over the file',
    ({ key, file, variable, flag, values }) => {
      const variables = { [variable[0]]: variable[1] };
      const seen = [
        readEnvironment({}, []),
        readEnvironment(variables, []),
        readEnvironment(variables, [flag]),
      ].map((environment) => Reflect.get(appValues(file, environment), key));
      expect(seen).toEqual(values);
    },
  );

  it('joins labels by their keys, whatever their case', () => {
    const environment = readEnvironment({ MICRO_SERVER_METADATA: 'Zone=eu-2, tier=gold' }, [
      '--server_metadata',
      'tier=silver',
      '--server-metadata=a=b=c,d=',
    ]);
    const { metadata } = appValues({ metadata: { zone: 'eu-1', rack: '7' } }, environment);
    expect({ ...metadata }).toEqual({ zone: 'eu-2', rack: '7', tier: 'silver', a: 'b=c', d: '' });
  });

  it('keeps to both a ttl and an interval', () => {
    const environment = readEnvironment({
      MICRO_REGISTER_TTL: '90',
      MICRO_REGISTER_INTERVAL: '10',
    });
    expect(appValues({}, environment).registerTtl).toBe(30_000);
  });
});

describe('readEnvironment', () => {
  it('tells where each value comes from', () => {
    expect(readEnvironment({ MICRO_REGISTRY: 'etcd' }, ['--registry-address', 'a:1,b:1'])).toEqual({
      registry: { value: 'etcd', from: 'MICRO_REGISTRY' },
      registry_address: { value: 'a:1,b:1', from: '--registry-address' },
    });
  });

  it('reads a list of transports', () => {
    expect(readEnvironment({ MICRO_TRANSPORT: 'nats, http' }, []).transport?.value).toEqual([
      'nats',
      'http',
    ]);
  });

  it('takes the last of several flags, and nothing for an empty one', () => {
    const args = ['--registry=a', '--registry', 'b', '--broker='];
    expect(readEnvironment({ MICRO_BROKER: 'nats', MICRO_SELECTOR: '' }, args)).toEqual({
      registry: { value: 'b', from: '--registry' },
      broker: { value: 'nats', from: 'MICRO_BROKER' },
    });
  });

  it("leaves the program's own flags alone", () => {
    const args = ['serve', '--port', '80', '-v', '--no-color', '--file=x', '--', '--registry=etcd'];
    expect(readEnvironment({ MICRO_PROXY: 'x', MICROPHONE: 'y' }, args)).toEqual({});
  });

  it.each<[Record<string, string>, string[], string]>([
    [{}, ['--registry'], '--registry: needs a value\n  Write --registry=…'],
    [{}, ['--registry', '--verbose'], '--registry: needs a value\n  Write --registry=…'],
    [
      { MICRO_CLIENT_REQUEST_TIMEOUT: 'soon' },
      [],
      'MICRO_CLIENT_REQUEST_TIMEOUT: is "soon", and should be a duration above 0: 500ms, 5s, 1m30s',
    ],
    [
      { MICRO_REGISTER_TTL: '0' },
      [],
      'MICRO_REGISTER_TTL: is "0", and should be a duration above 0: 500ms, 5s, 1m30s',
    ],
    [
      {},
      ['--client_retries=-1'],
      '--client_retries: is "-1", and should be a whole number, 0 or more',
    ],
    [
      { MICRO_SERVER_METADATA: 'zone' },
      [],
      'MICRO_SERVER_METADATA: is "zone", and should be key=value pairs, separated by commas',
    ],
    [
      { MICRO_LOG_LEVEL: 'loud' },
      [],
      'MICRO_LOG_LEVEL: is "loud", and should be debug, info, warn, error or silent',
    ],
  ])('refuses %j %j', (variables, args, message) => {
    const [key = ''] = message.split(': ');
    expect(errorOf(() => readEnvironment(variables, args))).toMatchObject({
      name: 'ConfigError',
      key,
      message,
    });
  });

  it('reads keys that are named like parts of objects as data', () => {
    const { server_metadata } = readEnvironment({ MICRO_SERVER_METADATA: '__proto__=x' }, []);
    expect(
      Object.keys(appValues({}, { ...(server_metadata && { server_metadata }) }).metadata),
    ).toEqual(['__proto__']);
    expect(Reflect.get({}, 'x')).toBeUndefined();
  });
});

describe('misspelt', () => {
  it('finds what was meant for us, and leaves the rest alone', () => {
    const variables = {
      MICRO_REGISTRY: 'etcd',
      MICRO_REGISTRY_ADRESS: 'x',
      MICRO_REGISTERY: 'x',
      MICRO_PROXY: 'x',
      MICRO_STORE_ADDRESS: 'x',
      REGISTRY: 'x',
    };
    expect(misspelt(variables)).toEqual([
      { variable: 'MICRO_REGISTRY_ADRESS', meant: 'MICRO_REGISTRY_ADDRESS' },
      { variable: 'MICRO_REGISTERY', meant: 'MICRO_REGISTRY' },
    ]);
  });
});

function errorOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
