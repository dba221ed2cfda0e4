// The page about the generators: what it shows, and what it lists.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

/** The page's text. */
export const page = readFileSync(join(root, 'docs/toolkit/nx.md'), 'utf8');

/** A command that the page shows, and the lines that it shows as its output. */
export interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

/** All commands of its `console` blocks, from top to bottom. */
export const shown: readonly Shown[] = [...page.matchAll(/^```console.*\n([^]*?)^```$/gm)].flatMap(
  ([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...output] = part.split('\n');
        return { command, output: output.filter((line) => line.trim() !== '') };
      }),
);

/** Lines that should be in `printed`, in this order, and are not. Ports are any. */
export function missingIn(printed: string, { output }: Shown): readonly string[] {
  const plain = (text: string) => text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:0').trim();
  let rest = printed.split('\n').map(plain);
  return output.filter((line) => {
    const at = rest.indexOf(plain(line));
    if (at >= 0) rest = rest.slice(at + 1);
    return at < 0;
  });
}

interface Option {
  readonly type: string;
  readonly description: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
}

/** The options of a generator as the page lists them. */
export function optionsOf(generator: string): string {
  const path = join(__dirname, generator, 'schema.json');
  const { properties } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly properties: Readonly<Record<string, Option>>;
  };
  const code = (text: unknown) => `\`${String(text)}\``;
  const rows = Object.entries(properties).map(([name, option]) => {
    const values = option.enum?.map(code).join(' ') ?? option.type;
    const initial = option.default === undefined ? '' : code(option.default);
    return `| ${code(`--${name}`)} | ${values} | ${initial} | ${option.description} |`;
  });
  return ['| option | value | default | |', '|---|---|---|---|', ...rows].join('\n');
}
