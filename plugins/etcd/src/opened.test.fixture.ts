// The plugin, opened as core opens it, and etcd itself beside it.
import { randomUUID } from 'node:crypto';
import type { Limits, Node, Registry, Services } from '@micro-ts/interface';
import { afterwards, openPlugin } from '@micro-ts/testing';
import type { LogRecorder } from '@micro-ts/testing';
import { Etcd3 } from 'etcd3';
import type { IOptions } from 'etcd3';
import etcd from './index.ts';

type Options = NonNullable<Parameters<typeof etcd>[0]>;

/** An opened registry. */
export interface Opened {
  readonly registry: Registry & Required<Pick<Registry, 'watch' | 'localAddress'>>;
  readonly log: LogRecorder;
  close(): Promise<void>;
}

export function openRegistry(options: Options, limits: Partial<Limits> = {}): Opened {
  const { log, create, close } = openPlugin(etcd(options), { limits });
  afterwards(close);
  return { registry: create('registry') as Opened['registry'], log, close };
}

/** The driver, as other programs use it. */
export function openClient(hosts: string, options: Partial<IOptions> = {}): Etcd3 {
  const client = new Etcd3({ hosts, ...options });
  afterwards(() => client.close());
  return client;
}

/** A prefix that no other test has. */
export const freshPrefix = (): string => `/test-${randomUUID()}/`;

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
