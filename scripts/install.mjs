// Brings node_modules into line with package-lock.json, if it is not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly, secondsSince } from './run-command.mjs';
import { root } from './workspace.mjs';

/** Installs the dependencies of `folder` if they are not what its lock file says. */
export async function install(folder = root) {
  if (isInstalled(folder)) return;
  console.log('Installing dependencies (npm ci; half a minute the first time) …');
  const began = performance.now();
  await npm(['ci', '--include=dev', '--no-audit', '--no-fund'], folder);
  console.log(`  done in ${secondsSince(began)}`);
}

/** Runs npm, quietly unless it fails. */
export function npm(args, cwd) {
  // npm tells its scripts where it is; without it, the one on PATH is taken.
  const path = process.env.npm_execpath;
  return path?.endsWith('npm-cli.js')
    ? runQuietly('npm', process.execPath, [path, ...args], { cwd })
    : runQuietly('npm', 'npm', args, { cwd, shell: process.platform === 'win32' });
}

/** npm writes what it installed into node_modules, as its last act: that is compared. */
function isInstalled(folder) {
  const done = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(done)) return false;
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const present = packagesOf(done);
  return Object.entries(wanted).every(([path, entry]) => {
    const found = present[path];
    if (path === '' || (found === undefined && entry.optional)) return true;
    return (
      found !== undefined && found.version === entry.version && found.integrity === entry.integrity
    );
  });
}

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
