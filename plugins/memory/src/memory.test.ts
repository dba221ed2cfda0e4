import { ConfigError, metadata } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { memory, MemoryNetwork } from './index.ts';
import { app, context, surroundings } from './surroundings.test.fixture.ts';

const node: Node = {
  id: 'greeter-1',
  service: 'greeter',
  version: '1.0.0',
  address: 'memory:1',
  metadata: metadata(),
  endpoints: [],
};

describe('memory()', () => {
  it('is a network: apps that are given the same one see each other, and nobody else', async () => {
    const [one, other] = [memory(), memory()];
    const [first, second, stranger] = [one, one, other].map((plugin) =>
      plugin.open(context()).create('registry', surroundings),
    );
    await first?.register(node, 1_000);
    expect(await second?.lookup('greeter')).toHaveLength(1);
    expect(await stranger?.lookup('greeter')).toEqual([]);
  });

  it('takes a network, to be shared and looked into', async () => {
    const network = new MemoryNetwork();
    const [one, other] = [app(network), app(network)];
    await one.registry.register(node, 1_000);
    expect(await other.registry.list()).toEqual(['greeter']);
    expect(network.deadLetters).toEqual([]);
  });

  it('refuses options that it does not know', () => {
    const wrong = { netwrok: new MemoryNetwork() };
    expect(() => memory(wrong as never)).toThrow(ConfigError);
    expect(() => memory(wrong as never)).toThrow(/memory\.netwrok/);
    expect(() => memory({ network: {} as never })).toThrow(/memory\.network/);
  });
});

describe('records in memory', () => {
  it('are copies that nobody can change', async () => {
    const { registry } = app();
    const labels: Record<string, string> = { zone: 'a' };
    const request = { type: 'object', required: ['name'] };
    const endpoints = [{ name: 'A.B', kind: 'unary', request, metadata: metadata() } as const];
    await registry.register({ ...node, metadata: labels, endpoints }, 1_000);
    labels['zone'] = 'b';
    request.required.push('more');
    const [found] = await registry.lookup('greeter');
    expect(found?.metadata['zone']).toBe('a');
    expect(found?.endpoints[0]?.request).toEqual({ type: 'object', required: ['name'] });
    expect(Object.isFrozen(found?.endpoints[0]?.request?.['required'])).toBe(true);
  });

  it('may be kept for ever', async () => {
    const { registry } = app();
    await registry.register(node, Infinity);
    await registry.register({ ...node, id: 'greeter-2' }, 2 ** 40);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await registry.lookup('greeter')).toHaveLength(2);
  });

  it('move with their node when it changes its service', async () => {
    const { registry } = app();
    await registry.register(node, 1_000);
    await registry.register({ ...node, service: 'other' }, 1_000);
    expect(await registry.list()).toEqual(['other']);
  });
});
