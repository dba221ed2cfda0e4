import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What of Swagger UI the page needs, and what says whose it is. copy-swagger-ui.mjs copies these. */
export const swaggerFiles = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'favicon-32x32.png',
  'LICENSE',
  'NOTICE',
] as const;

/** Folder with those files: beside this one in a build; in a checkout, where npm put them. */
export function swaggerFolder(): string {
  const copied = fileURLToPath(new URL('./swagger-ui', import.meta.url));
  if (existsSync(copied)) return copied;
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/swagger-ui.css'));
}
