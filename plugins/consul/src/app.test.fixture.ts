// What tests of the registry need: it, opened as by an app, and a plain way to Consul.
import type { Configured, Limits, Registry } from '@micro-ts/interface';
import { afterwards, openPlugin } from '@micro-ts/testing';
import type { LogRecorder } from '@micro-ts/testing';

/** The registry of an app. */
export interface Opened {
  readonly registry: Required<Registry>;
  readonly log: LogRecorder;
  close(): Promise<void>;
}

/** Closed by `closeAll`. */
export function open(configured: Configured<'registry'>, limits: Partial<Limits> = {}): Opened {
  const { log, create, close } = openPlugin(configured, { limits });
  afterwards(close);
  return { registry: create('registry') as Required<Registry>, log, close };
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
