import { noMetadata } from '@micro-ts/interface';
import type { Node, Registry } from '@micro-ts/interface';
import { ConsoleLogger } from './console-logger.ts';
import { Health } from './health.ts';
import { Holdings } from './holdings.ts';
import { createKeepingRegistry } from './keeping-registry.ts';

const nodeOf = (address: string): Node => ({
  id: 'topic-1',
  service: 'broker',
  version: 'q',
  address,
  metadata: noMetadata,
  endpoints: [],
});

describe('what plugins register', () => {
  const lines: string[] = [];
  const held: string[] = [];
  const registry: Registry = {
    register: async ({ address }) => void held.push(address),
    deregister: async () => void held.push('gone'),
    lookup: async () => [],
    list: async () => [],
  };
  const logger = new ConsoleLogger('debug', {}, (line) => void lines.push(line), true);
  const registrations = new Holdings(new Health(logger), logger);
  const keeping = createKeepingRegistry(registry, registrations);

  afterAll(() => registrations.close());

  it('is registered at once and without a word, and again by itself', async () => {
    await keeping.register(nodeOf('a:1'), 90);
    expect([held, lines]).toEqual([['a:1'], []]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(held.length).toBeGreaterThan(1);
  });

  it('is changed by registering it again', async () => {
    await keeping.register(nodeOf('b:1'), 90);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(held.at(-1)).toBe('b:1');
  });

  it('is gone when it is deregistered', async () => {
    await keeping.deregister(nodeOf('b:1'));
    const after = held.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([held.at(-1), held.length]).toEqual(['gone', after]);
  });
});
