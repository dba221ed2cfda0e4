// The registry that docs/plugins/write-a-plugin.md makes keeps the contract, by the test that it shows.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const page = readFileSync(join(root, 'docs/plugins/write-a-plugin.md'), 'utf8');
const files = new Map(
  [...page.matchAll(/^```ts file=(\S+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [
    name,
    text,
  ]),
);

describe('the page about plugins', () => {
  const cache = join(root, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'write-a-plugin-'));
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('shows a registry in 150 lines or less', () => {
    const lines = files.get('file-registry.ts')?.split('\n').length;
    expect(lines).toBeGreaterThan(50);
    expect(lines).toBeLessThanOrEqual(150);
  });

  jest.requireActual(join(folder, 'file-registry.test.ts'));

  it('shows a plugin with a connection that can be made', () => {
    const chat: { default: (options?: object) => { name: string } } = jest.requireActual(
      join(folder, 'chat-plugin.ts'),
    );
    expect(chat.default().name).toBe('chat');
  });
});
