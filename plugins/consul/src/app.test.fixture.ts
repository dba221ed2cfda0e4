// What tests of the registry need: it, opened as by an app, and a plain way to Consul.
import { defaultLimits, metadata } from '@micro-ts/interface';
import type { Configured, Limits, LogFields, Logger, Node } from '@micro-ts/interface';
import type { OpenPlugin, Registry } from '@micro-ts/interface';

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** A log that can be read. */
export class Recorder implements Logger {
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  readonly #add = (message: string, fields?: LogFields): void =>
    void this.lines.push({ message, fields });
  readonly debug = this.#add;
  readonly info = this.#add;
  readonly warn = this.#add;
  readonly error = this.#add;
  readonly with = (): Logger => this;
}

/** The registry of an app. */
export interface Opened {
  readonly plugin: OpenPlugin<'registry'>;
  readonly registry: Required<Registry>;
  readonly log: Recorder;
  close(): Promise<void>;
}

const opened: Opened[] = [];

/** Closed by {@link closeAll}. */
export function open(configured: Configured<'registry'>, limits: Partial<Limits> = {}): Opened {
  const log = new Recorder();
  const plugin = configured.open({
    app: 'test',
    logger: log,
    limits: { ...defaultLimits, ...limits },
  });
  const never = (): never => {
    throw new Error('not for registries');
  };
  const unused = { register: never, deregister: never, lookup: never, list: never };
  const registry = plugin.create('registry', { registry: unused, network: never });
  const app = {
    plugin,
    registry: registry as Required<Registry>,
    log,
    close: () => plugin.close(),
  };
  opened.push(app);
  return app;
}

export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((app) => app.close()));
}

let made = 0;

export function nodeOf(service: string, changes: Partial<Node> = {}): Node {
  made += 1;
  return {
    id: `${service}-${process.pid}-${made}`,
    service,
    version: '1.0.0',
    address: `127.0.0.1:${10_000 + (made % 50_000)}`,
    metadata: metadata({ transport: 'http', protocol: 'mucp' }),
    endpoints: [{ name: 'Greeter.Hello', kind: 'unary', metadata: metadata() }],
    ...changes,
  };
}

/** Consul's own API, as others use it. */
export function api(url: string, headers: Readonly<Record<string, string>> = {}) {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(url + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text.startsWith('{') || text.startsWith('[') ? (JSON.parse(text) as unknown) : text;
  };
  return {
    get: (path: string) => call('GET', path),
    put: (path: string, body?: unknown) => call('PUT', path, body),
  };
}
