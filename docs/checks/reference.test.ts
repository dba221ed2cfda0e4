import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import consul from '@micro-ts/consul';
import etcd from '@micro-ts/etcd';
import http from '@micro-ts/http';
import local from '@micro-ts/local';
import mdns from '@micro-ts/mdns';
import nats from '@micro-ts/nats';
import rabbitmq from '@micro-ts/rabbitmq';
import redis from '@micro-ts/redis';
import { toJsonSchema } from '@valibot/to-json-schema';
import { errorCodes } from 'micro-ts';
import type { GenericSchema } from 'valibot';
import { readDocuments, root } from './documents.ts';

interface Described {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Described>>;
}

/** Options with their defaults, `tls.cert` for one within another; none is `{}`, and a path of this machine. */
const flat = ({ properties = {} }: Described, prefix = ''): readonly [string, string][] =>
  Object.entries(properties).flatMap(([name, option]) => {
    const { default: value } = option;
    const written = JSON.stringify(value ?? {}).replaceAll('"', "'");
    const text = written === '{}' || String(value).startsWith(tmpdir()) ? '' : written;
    return [[prefix + name, text] as [string, string], ...flat(option, `${prefix}${name}.`)];
  });

describe('what the documents list', () => {
  it('has every code of errors.md as it is', () => {
    const text = readFileSync(join(root, 'docs/guide/errors.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)` \|.*\| (\d+) \| (\d+) \| (yes|no) \|$/gm)];
    const listed = rows.map(([, code = '', http, micro, again]) => [
      code,
      { http: Number(http), micro: Number(micro), retry: again === 'yes' },
    ]);
    expect(listed).toEqual(Object.entries(errorCodes));
  });

  it('has every export, and every option, as the sources have it', async () => {
    await promisify(execFile)(process.execPath, [join(root, 'scripts/api.mjs'), '--check']);
  }, 60_000);

  it('says of failing servers what the figures say', async () => {
    await promisify(execFile)(process.execPath, [join(root, 'scripts/reliability.mjs'), '--check']);
  });

  const plugins = [http, local, mdns, etcd, consul, redis, rabbitmq, nats].map(
    (plugin) => [plugin.plugin, plugin] as const,
  );
  it.each(plugins)('has every option of %s with its default', (name, plugin) => {
    const schema = plugin.options as unknown as GenericSchema;
    const described = toJsonSchema(schema, { typeMode: 'input', errorMode: 'ignore' }) as Described;
    const page = readFileSync(join(root, 'docs/reference/plugins.md'), 'utf8');
    const part = page.split(/^## /m).find((each) => each.startsWith(`${name}\n`)) ?? '';
    const rows = [...part.matchAll(/^\| `([\w.]+)` \| `.*?` \| (?:`(.*?)`)? \|/gm)];
    expect(rows.map(([, name, value = '']) => [name, value])).toEqual(flat(described));
  });

  it('leads to every guide', () => {
    const documents = readDocuments();
    const index = documents.find(({ path }) => path === 'docs/README.md');
    const linked = index?.links.map(({ target }) => join('docs', target.split('#')[0] ?? '')) ?? [];
    const found = (path: string): boolean =>
      linked.some((target) => path === target || path.startsWith(`${target}/`));
    const lost = documents
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md' && !found(path));
    expect(lost).toEqual([]);
  });
});
