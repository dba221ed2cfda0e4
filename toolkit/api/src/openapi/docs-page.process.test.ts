import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fastify } from 'fastify';
import { directoryOf, endpoint } from './directory.test.fixture.ts';
import { serveOpenApi } from './index.ts';

/** A Chromium of this machine: `MICRO_TEST_CHROMIUM`, else one on the PATH. */
const chromium = [
  process.env['MICRO_TEST_CHROMIUM'] ?? '',
  ...(process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) =>
      ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)),
    ),
].find(isExecutable);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return path !== '';
  } catch {
    return false;
  }
}

const inBrowser = chromium === undefined ? it.skip : it;
const why = chromium === undefined ? ' (skipped: there is no Chromium)' : '';

describe('the page of documentation', () => {
  inBrowser(
    `shows what can be called, within its own policy${why}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
      const request = { type: 'object', properties: { name: { type: 'string' } } };
      const directory = directoryOf({ greeter: [endpoint('Greeter.Hello', { request })] });
      const server = fastify();
      await server.register(serveOpenApi, { directory });
      try {
        const url = await server.listen({ port: 0, host: '127.0.0.1' });
        const { page, said } = await open(`${url}/docs/`, folder);
        expect(page).toContain('/greeter/hello');
        expect(page).toContain('greeter Greeter.Hello');
        // What a policy forbids, and what a script throws, stands on the console.
        expect(said.split('\n').filter((line) => line.includes('CONSOLE'))).toEqual([]);
      } finally {
        server.server.closeAllConnections();
        await server.close();
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    60_000,
  );
});

/** The page after its scripts have run, and what the browser said meanwhile. */
function open(url: string, folder: string): Promise<{ page: string; said: string }> {
  const child = spawn(
    chromium ?? '',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}`],
      ...['--enable-logging=stderr', '--virtual-time-budget=15000', '--dump-dom', url],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: 50_000 },
  );
  const texts = { page: '', said: '' };
  child.stdout.on('data', (text) => (texts.page += String(text)));
  child.stderr.on('data', (text) => (texts.said += String(text)));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', () => resolve(texts));
  });
}
