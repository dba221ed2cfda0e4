import { Handler, Inject, Logger, provide, Service, token } from '@micro-ts/core';
import type { Config } from './config.ts';
import { createApp } from './create-app.ts';
import { closeOnSignal } from './signals.ts';

const clock = token<() => number>('clock');

@Service('teller')
class Teller {
  constructor(
    @Inject(clock) private readonly now: () => number,
    @Inject(Logger) readonly log: Logger,
  ) {}

  @Handler()
  async time(): Promise<{ readonly now: number }> {
    return { now: this.now() };
  }
}

async function memory(more: Config = {}): Promise<Config> {
  const { MemoryNetwork } = await import('@micro-ts/memory');
  const registry = ['memory', { network: new MemoryNetwork() }] as const;
  return { registry, transport: 'memory', broker: 'memory', log: 'silent', ...more };
}
const providers = [provide(clock, { value: () => 42 })];

describe('createApp', () => {
  it('serves on a configuration that is given, with one network for all of its roles', async () => {
    const config = await memory();
    const app = await createApp(config, [Teller], { providers });
    const caller = await createApp(config);
    try {
      expect(await caller.client(Teller).time()).toEqual({ now: 42 });
      expect(app.nodes.map(({ service, version }) => [service, version])).toEqual([
        ['teller', 'latest'],
      ]);
    } finally {
      await Promise.all([app.close(), caller.close()]);
    }
  });

  it('lets the environment over it', async () => {
    process.env['MICRO_SERVER_VERSION'] = '7';
    try {
      const app = await createApp(await memory({ version: '6' }), [Teller], { providers });
      expect(app.nodes[0]?.version).toBe('7');
      await app.close();
    } finally {
      delete process.env['MICRO_SERVER_VERSION'];
    }
  });

  it('refuses what is wrong before anything is opened', async () => {
    const wrong: object = { regsitry: 'local' };
    await expect(createApp(wrong)).rejects.toThrow(
      'regsitry: is not known (the configuration)\n  Did you mean "registry"?',
    );
  });
});

describe('closeOnSignal', () => {
  it('listens as long as one of its apps is open', async () => {
    const listeners = (): number => process.listenerCount('SIGTERM');
    const before = listeners();
    const first = closeOnSignal(await createApp(await memory()));
    const second = closeOnSignal(await createApp(await memory()));
    expect(listeners()).toBe(before + 1);
    await first.close();
    expect(listeners()).toBe(before + 1);
    await Promise.all([second.close(), second.close()]);
    expect(listeners()).toBe(before);
  });
});
