// Puts inversify into one file, dist/inversify.js: its 248 files take 0.1 s to load, one takes 0.01 s.
// Runs after each `tsc -b`, which writes that file only when src/inversify.ts changed. Nothing is done
// where it is bundled already, by the mark in its first line.
// Run: node framework/core/bundle-inversify.mjs
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'dist/inversify.js');

const inversify = folderOf('inversify');
const { version } = JSON.parse(readFileSync(join(inversify, 'package.json'), 'utf8'));
const mark = `/*! inversify ${version}, bundled; MIT licence, see inversify.LICENSE */`;

if (!existsSync(dirname(out))) throw new Error('core is not compiled: npx tsc -b framework/core');
if (!existsSync(out) || !readFileSync(out, 'utf8').startsWith(mark)) await bundle();

async function bundle() {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(here, 'src/inversify.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    external: ['reflect-metadata'],
    // The part of reflect-metadata that inversify takes is in the whole of it, which core has.
    alias: { 'reflect-metadata/lite': 'reflect-metadata' },
    banner: { js: mark },
  });
  const licence = readFileSync(join(inversify, 'LICENSE'));
  writeFileSync(join(here, 'dist/inversify.LICENSE'), licence);
  // Renamed into its place, so that nobody who imports it meanwhile sees half a file.
  const fresh = `${out}.${process.pid}`;
  writeFileSync(fresh, outputFiles[0].text);
  renameSync(fresh, out);
  rmSync(`${out}.map`, { force: true });
}

/** Where a package is installed. Its exports hide its package.json. */
function folderOf(name) {
  const places = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = places.map((place) => join(place, name)).find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${name} is not installed: npm install`);
  return found;
}
