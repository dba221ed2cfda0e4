import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import api from '@micro-ts/api';
import sidecar from '@micro-ts/sidecar';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { root } from './documents.ts';

interface Described {
  readonly properties?: Readonly<Record<string, { description?: string; default?: unknown }>>;
}

/** A default as a person writes it; none, and nothing in a list or a text, is no text. */
function written(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en');
  const text = JSON.stringify(value ?? '').replaceAll('"', '');
  return ['', '[]'].includes(text) ? '' : `\`${text}\``;
}

/** The options of an app as its page has to list them. */
function tableOf(options: GenericSchema): string {
  const schema = toJsonSchema(options, { typeMode: 'input', errorMode: 'ignore' }) as Described;
  const rows = Object.entries(schema.properties ?? {}).map(
    ([name, option]) =>
      `| \`${name}\` | ${written(option.default)} | ${option.description ?? ''} |`,
  );
  return ['| option | default | |', '|---|---|---|', ...rows].join('\n').replaceAll('|  |', '| |');
}

describe('the options that a page lists', () => {
  it.each([api, sidecar])('are those of micro $name', ({ name, options }) => {
    const page = readFileSync(join(root, `docs/toolkit/${name}.md`), 'utf8');
    const after = page.split(`<!-- options ${name} -->\n\n`)[1] ?? '';
    expect(after.split('\n\n')[0]?.trim()).toBe(tableOf(options));
  });
});
