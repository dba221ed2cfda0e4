import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** A script of ES modules may use packages that call `require`. */
const banner =
  "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);";

/**
 * Compiles a TypeScript program and all that it imports, from source, into one script that a test can
 * run as a process of its own: with `spawn(process.execPath, [script])` or `fork(script)`. It takes a
 * fraction of a second. The checkout's esbuild does it.
 * @param source path of the program.
 * @param folder where the script is put; the test removes it.
 * @returns path of the script
 */
export function bundle(source: string, folder: string): string {
  const require = createRequire(join(process.cwd(), 'package.json'));
  const esbuild = join(dirname(require.resolve('esbuild/package.json')), 'bin', 'esbuild');
  const script = join(folder, `${basename(source).split('.')[0] ?? 'program'}.mjs`);
  execFileSync(esbuild, [
    source,
    ...['--bundle', '--platform=node', '--format=esm', '--keep-names', '--log-level=error'],
    '--conditions=@micro-ts/source',
    `--banner:js=${banner}`,
    `--outfile=${script}`,
  ]);
  return script;
}
