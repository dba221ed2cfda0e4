// The registry that docs/plugins/write-a-plugin.md makes keeps the contract, by the test that it shows.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultLimits } from '@micro-ts/interface';
import type { Configured, Logger } from '@micro-ts/interface';
import { PlainRegistry } from './plain-registry.ts';
import { plain, sampleNode } from './registry/sample-node.ts';

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

  it('skips a file that is garbage, and logs it once', async () => {
    const { default: plugin }: { default: (options: object) => Configured<'registry'> } =
      jest.requireActual(join(folder, 'file-registry.ts'));
    const path = join(folder, 'garbage.json');
    let warnings = 0;
    const silent = (): void => undefined;
    const warn = (): void => void (warnings += 1);
    const logger: Logger = {
      ...{ debug: silent, info: silent, error: silent, warn },
      with: () => logger,
    };
    const opened = plugin({ file: path }).open({ app: 'garbage', logger, limits: defaultLimits });
    const network = async (): Promise<never> => Promise.reject(new Error('not asked for'));
    const registry = opened.create('registry', { registry: new PlainRegistry(), network });
    for (const garbage of ['{', '[{}]', '[{"node":null,"expires":9e15}]']) {
      writeFileSync(path, garbage);
      warnings = 0;
      for (let look = 0; look < 3; look += 1) expect(await registry.list()).toEqual([]);
      expect(warnings).toBe(1);
    }
    const node = sampleNode('after-garbage');
    await registry.register(node, 60_000);
    expect(plain(await registry.lookup(node.service))).toEqual(plain([node]));
    await opened.close();
  });

  it('shows a plugin with a connection that can be made', () => {
    const chat: { default: (options?: object) => { name: string } } = jest.requireActual(
      join(folder, 'chat-plugin.ts'),
    );
    expect(chat.default().name).toBe('chat');
  });
});
