// The programs that documents are made of, as files.
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { place, root } from './documents.ts';
import type { Block, Document } from './documents.ts';

/** What a newcomer's project has who has read the first guide. */
const usual: Readonly<Record<string, string>> = {
  'package.json': '{ "private": true, "type": "module" }',
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      experimentalDecorators: true,
      rewriteRelativeImportExtensions: true,
    },
    // Our own sources too, which tsx compiles as it does the page's.
    include: ['**/*.ts', join(root, '**/*.ts')],
  }),
};

/** A new folder outside of the checkout, with the packages of it; the caller removes it. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'micro-docs-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

/** Its blocks with `file=` in their info strings, by the names of the files. */
export function filesOf(document: Document): ReadonlyMap<string, Block> {
  const files = new Map<string, Block>();
  for (const block of document.blocks) {
    const name = block.info.get('file');
    if (name === undefined) continue;
    if (files.has(name)) throw new Error(`${place(document, block.line)}: a second ${name}`);
    files.set(name, block);
  }
  return files;
}

/** Writes the program of a document into a folder of its own in `folder`, and returns that. */
export function writeProject(document: Document, folder: string): string {
  const project = join(folder, document.path.replace(/\.md$/, '').replaceAll('/', '-'));
  for (const [name, text] of Object.entries(usual)) write(project, name, text);
  for (const [name, { text }] of filesOf(document)) write(project, name, `${text}\n`);
  return project;
}

/** Writes one file of a project, and returns its path. */
export function write(project: string, name: string, text: string): string {
  const path = join(project, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
