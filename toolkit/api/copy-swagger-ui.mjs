// Copies the files of Swagger UI that the page of documentation needs into the build: its package runs
// a script at installation that tells a third party, and so is nothing to give to users.
// Runs after each `tsc -b`; nothing is done where this version is copied already.
// Run: node toolkit/api/copy-swagger-ui.mjs
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const home = join(here, 'dist/openapi');
const copied = join(home, 'swagger-ui');
const mark = join(copied, 'VERSION');

const source = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
const isThere = existsSync(mark) && readFileSync(mark, 'utf8') === version;
if (existsSync(home) && !isThere) await copy();

async function copy() {
  const { swaggerFiles } = await import(pathToFileURL(join(home, 'swagger-files.js')).href);
  // Renamed into its place, so that nobody who starts meanwhile finds half of it.
  const fresh = `${copied}.${process.pid}`;
  mkdirSync(fresh);
  for (const name of swaggerFiles) cpSync(join(source, name), join(fresh, name));
  writeFileSync(join(fresh, 'VERSION'), version);
  rmSync(copied, { recursive: true, force: true });
  renameSync(fresh, copied);
}
