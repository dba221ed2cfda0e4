// What the documents hold, read from their Markdown.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The checkout's folder. */
export const root = join(__dirname, '../..');

/** A fenced block. */
export interface Block {
  readonly language: string;
  /** Words of the info string: `file=main.ts`, or `run` with an empty value. */
  readonly info: ReadonlyMap<string, string>;
  readonly text: string;
  /** Number of its first line in the document. */
  readonly line: number;
  /** TypeScript that stands before it unseen: the last `<!-- given … -->` above. */
  readonly given: string;
}

/** One Markdown file. */
export interface Document {
  /** Relative to the checkout. */
  readonly path: string;
  readonly blocks: readonly Block[];
  /** Targets of links, with their lines. */
  readonly links: readonly { readonly target: string; readonly line: number }[];
  /** Programs that run beside its `console` blocks. */
  readonly beside: readonly string[];
  /** What can stand after `#` in a link to it. */
  readonly anchors: ReadonlySet<string>;
}

/** README, CONTRIBUTING and their like, all that is in `docs`, and the README of each package. */
export function readDocuments(): readonly Document[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const packages = ['framework', 'plugins', 'toolkit'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name, 'README.md')),
  );
  const samples = readdirSync(join(root, 'samples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('node_modules'))
    .map((name) => join('samples', name));
  const paths = [...readdirSync(root), ...docs.map((name) => join('docs', name))];
  return [...paths, ...samples, ...packages.filter((path) => existsSync(join(root, path)))]
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map((path) => parse(path, readFileSync(join(root, path), 'utf8')));
}

/** `docs/guide/events.md:12`, which editors open. */
export const place = ({ path }: Document, line: number): string =>
  `${relative(process.cwd(), join(root, path))}:${line}`;

/** @param path for messages; links are relative to it. */
export function parse(path: string, source: string): Document {
  const lines = source.split('\n');
  const blocks: Block[] = [];
  const links: { target: string; line: number }[] = [];
  const beside: string[] = [];
  const anchors = new Anchors();
  let given = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const fence = /^ {0,3}(`{3,}|~{3,})\s*(\S*)(.*)$/.exec(line);
    if (fence !== null) {
      const [, mark = '', language = '', info = ''] = fence;
      const end = endOf(lines, at + 1, (each) => each.trim().startsWith(mark));
      const text = lines.slice(at + 1, end).join('\n');
      blocks.push({ language, info: words(info), text, line: at + 2, given });
      at = end;
    } else if (line.startsWith('<!-- given')) {
      const end = endOf(lines, at + 1, (each) => each.trim() === '-->');
      given = lines.slice(at + 1, end).join('\n');
      at = end;
    } else {
      const programs = /^<!-- beside: (.*) -->$/.exec(line)?.[1];
      if (programs !== undefined) beside.push(...programs.split(',').map((each) => each.trim()));
      const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
      if (heading !== undefined) anchors.add(heading);
      for (const target of linksIn(line)) links.push({ target, line: at + 1 });
    }
  }
  return { path, blocks, links, beside, anchors: anchors.all };
}

function endOf(lines: readonly string[], from: number, ends: (line: string) => boolean): number {
  const found = lines.findIndex((line, at) => at >= from && ends(line));
  return found === -1 ? lines.length : found;
}

/** `no-check` takes all that follows as its reason. */
function words(info: string): ReadonlyMap<string, string> {
  const refusal = /(^|\s)no-check(?<reason>.*)$/.exec(info);
  if (refusal !== null) return new Map([['no-check', refusal.groups?.['reason']?.trim() ?? '']]);
  const pairs = info
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => word.split('=', 2) as [string, string?]);
  return new Map(pairs.map(([key, value = '']) => [key, value]));
}

function linksIn(line: string): readonly string[] {
  const text = line.replace(/`[^`]*`/g, '');
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
}

/** Anchors as GitHub makes them of headings. */
class Anchors {
  readonly all = new Set<string>();

  add(heading: string): void {
    const slug = heading
      .replace(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let name = slug;
    for (let count = 1; this.all.has(name); count++) name = `${slug}-${count}`;
    this.all.add(name);
  }
}
