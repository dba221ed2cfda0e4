// The plugin, opened as core opens it, and etcd itself beside it.
import { randomUUID } from 'node:crypto';
import { defaultLimits, metadata } from '@micro-ts/interface';
import type { LogFields, Node, Registry, Services } from '@micro-ts/interface';
import { Etcd3 } from 'etcd3';
import type { IOptions } from 'etcd3';
import etcd from './index.ts';

type Options = NonNullable<Parameters<typeof etcd>[0]>;

/** One warning or error. */
export interface Logged {
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** An opened registry. */
export interface Opened {
  readonly registry: Registry & Required<Pick<Registry, 'watch' | 'localAddress'>>;
  readonly logged: readonly Logged[];
  close(): Promise<void>;
}

const all: { close(): unknown }[] = [];

/** Closes all that tests have opened; for `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(all.splice(0).map((each) => each.close()));
}

export function openRegistry(options: Options, limits = defaultLimits): Opened {
  const logged: Logged[] = [];
  const log = (message: string, fields?: LogFields): void => void logged.push({ message, fields });
  const silent = (): void => undefined;
  const logger = { debug: silent, info: silent, warn: log, error: log, with: () => logger };
  const open = etcd(options).open({ app: 'test', logger, limits });
  const network = async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' });
  const registry = open.create('registry', { registry: undefined as unknown as Registry, network });
  const opened = { registry: registry as Opened['registry'], logged, close: () => open.close() };
  all.push(opened);
  return opened;
}

/** The driver, as other programs use it. */
export function openClient(hosts: string, options: Partial<IOptions> = {}): Etcd3 {
  const client = new Etcd3({ hosts, ...options });
  all.push(client);
  return client;
}

/** A prefix that no other test has. */
export const freshPrefix = (): string => `/test-${randomUUID()}/`;

export function nodeOf(service: string, changes: Partial<Node> = {}): Node {
  const id = `${service}-${randomUUID()}`;
  const address = '10.0.0.5:8080';
  const given = metadata({ transport: 'http', protocol: 'mucp' });
  return { id, service, version: '1.0.0', address, metadata: given, endpoints: [], ...changes };
}

/** What a listener was told: the last word of each service, and how often. */
export class Told {
  readonly services = new Map<string, readonly Node[]>();
  times = 0;

  readonly listener = (changed: Services): void => {
    this.times += 1;
    for (const [name, nodes] of changed) this.services.set(name, nodes);
  };

  ids(service: string): readonly string[] {
    return (this.services.get(service) ?? []).map(({ id }) => id).sort();
  }
}

/** What a promise rejects with. */
export const rejection = (work: Promise<unknown>): Promise<{ code: string; message: string }> =>
  work.then(
    (value) => ({ code: 'none', message: `resolved with ${String(value)}` }),
    (error: { code: string; message: string }) => error,
  );

/** A figure beside the test that it belongs to. */
export const report = (text: string): void => void process.stdout.write(`    etcd: ${text}\n`);
