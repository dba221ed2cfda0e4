import { createConnection } from 'node:net';

/** Where one run of a server lives: its folder, and ports that were free. */
export interface Place {
  readonly folder: string;
  readonly ports: readonly number[];
}

/** How one kind of server is had and run. */
export interface Recipe {
  /** Names and paths of its program, in the order of preference. */
  readonly programs: readonly string[];
  /** How many ports it takes; clients use the first. */
  readonly ports: number;
  readonly args: (place: Place, keepData: boolean) => readonly string[];
  /** What runs it, where one program is not enough: for `sh`, to which the program is `$0`. */
  readonly script?: string;
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
  /** Where what it keeps lies, in its folder. */
  readonly data: string;
  readonly url: (port: number) => string;
  /** Whether it answers on its first port. */
  readonly ready: (port: number) => Promise<boolean>;
  /** Longest start, in ms, on a busy machine. */
  readonly patience: number;
  /** Debian's package. */
  readonly debian?: string;
  /** How a person gets it elsewhere. */
  readonly elsewhere: string;
}

const host = '127.0.0.1';
const at = (port: number | undefined): string => `http://${host}:${port}`;

const etcd: Recipe = {
  programs: ['etcd'],
  ports: 2,
  args: ({ folder, ports: [client, peer] }) => [
    ...['--data-dir', `${folder}/data`, '--logger', 'zap'],
    ...['--listen-client-urls', at(client), '--advertise-client-urls', at(client)],
    ...['--listen-peer-urls', at(peer), '--initial-advertise-peer-urls', at(peer)],
    ...['--initial-cluster', `default=${at(peer)}`],
  ],
  data: 'data',
  url: (port) => at(port),
  ready: (port) => answers(`${at(port)}/health`, (text) => text.includes('true')),
  patience: 20_000,
  debian: 'etcd-server',
  elsewhere: 'brew install etcd',
};

const consul: Recipe = {
  programs: ['consul', 'consul-1.14.11'],
  ports: 3,
  args: ({ folder, ports: [http, server, serf] }, keepData) => [
    'agent',
    ...(keepData ? ['-server', '-bootstrap-expect', '1', '-data-dir', `${folder}/data`] : ['-dev']),
    ...['-bind', host, '-client', host, '-http-port', `${http}`, '-server-port', `${server}`],
    ...['-serf-lan-port', `${serf}`, '-serf-wan-port', '-1', '-dns-port', '-1'],
    ...['-grpc-port', '-1', '-grpc-tls-port', '-1'],
  ],
  data: 'data',
  url: (port) => at(port),
  ready: (port) => answers(`${at(port)}/v1/status/leader`, (text) => text.includes(':')),
  patience: 30_000,
  elsewhere: 'brew install consul, the archive of its makers, or npm test where there is Go',
};

const redis: Recipe = {
  programs: ['redis-server'],
  ports: 1,
  args: ({ folder, ports: [port] }, keepData) => [
    ...['--port', `${port}`, '--bind', host, '--dir', folder, '--save', ''],
    ...(keepData ? ['--appendonly', 'yes', '--appenddirname', 'data'] : []),
    // Otherwise, while the disk is busy, it answers up to 2 s before it writes: a kill takes that away.
    ...(keepData ? ['--appendfsync', 'always'] : []),
  ],
  data: 'data',
  url: (port) => `redis://${host}:${port}`,
  ready: (port) => greets(port, 'PING\r\n', /^[+-]/),
  patience: 10_000,
  debian: 'redis-server',
  elsewhere: 'brew install redis',
};

const rabbitmq: Recipe = {
  programs: ['/usr/lib/rabbitmq/bin/rabbitmq-server', 'rabbitmq-server'],
  ports: 3,
  args: () => [],
  // Its name server, unless one answers, would be started as a daemon, and left behind.
  script: `epmd &
    for try in 1 2 3 4 5 6 7 8 9 10; do epmd -names > /dev/null 2>&1 && break; sleep 0.1; done
    exec "$0" "$@"`,
  env: ({ folder, ports: [port, dist, epmd] }) => ({
    HOME: folder,
    ERL_EPMD_PORT: `${epmd}`,
    ERL_EPMD_ADDRESS: host,
    RABBITMQ_NODENAME: `t${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: host,
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_DIST_PORT: `${dist}`,
    RABBITMQ_MNESIA_BASE: `${folder}/data`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_PID_FILE: `${folder}/pid`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
  }),
  data: 'data',
  url: (port) => `amqp://${host}:${port}`,
  ready: (port) => greets(port, 'AMQP\0\0\x09\x01', /version/),
  patience: 90_000,
  debian: 'rabbitmq-server',
  elsewhere: 'brew install rabbitmq',
};

const nats: Recipe = {
  programs: ['nats-server'],
  ports: 1,
  args: ({ folder, ports: [port] }) => [
    ...['-p', `${port}`, '-a', host, '-js', '-sd', `${folder}/data`],
  ],
  data: 'data',
  url: (port) => `nats://${host}:${port}`,
  ready: (port) => greets(port, '', /^INFO/),
  patience: 10_000,
  debian: 'nats-server',
  elsewhere: 'brew install nats-server',
};

/** The servers that this package can start. */
export const recipes = { etcd, consul, redis, rabbitmq, nats } satisfies Record<string, Recipe>;

/** Name of a server. */
export type ServerKind = keyof typeof recipes;

/** Names of all of them. */
export const serverKinds = Object.keys(recipes) as readonly ServerKind[];

/** How a person gets a server. */
export const howToInstall = (kind: ServerKind): string => {
  const { debian, elsewhere }: Recipe = recipes[kind];
  return debian === undefined ? elsewhere : `apt-get install ${debian}, or ${elsewhere}`;
};

async function answers(url: string, good: (text: string) => boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    return response.ok && good(await response.text());
  } catch {
    return false;
  }
}

/** Whether the first words of a server, after ours, are what they should be. */
function greets(port: number, say: string, expected: RegExp): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const end = (good: boolean): void => {
      socket.destroy();
      resolve(good);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => socket.write(Buffer.from(say, 'latin1')));
    socket.once('data', (bytes) => end(expected.test(bytes.toString('latin1'))));
    socket.on('error', () => end(false)).once('close', () => end(false));
  });
}
