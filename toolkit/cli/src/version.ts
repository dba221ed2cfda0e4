import { createRequire } from 'node:module';

/** The version of this package. */
export function versionOf(): string {
  const manifest: unknown = createRequire(import.meta.url)('@micro-ts/cli/package.json');
  return (manifest as { readonly version: string }).version;
}
