import { setTimeout as pause } from 'node:timers/promises';
import { closable, definePlugin, MicroError } from '@micro-ts/interface';
import type { Losable, Registry } from '@micro-ts/interface';
import { Health } from './health.ts';
import { createApp } from './index.ts';
import { memoryOptions, recorder, until } from './world.test.fixture.ts';

/** A registry whose watches die together. */
function mortal() {
  const watches = new Set<Losable>();
  const registry: Registry & { away: boolean } = {
    away: false,
    register: async () => undefined,
    deregister: async () => undefined,
    lookup: async () => [],
    list: async () => [],
    async watch(listener, service) {
      if (registry.away) throw new Error('amqp://admin:hunter2@queue.local refuses');
      const watch = closable(() => watches.delete(watch));
      watches.add(watch);
      listener(new Map(service === undefined ? [] : [[service, []]]));
      return watch;
    },
  };
  const plugin = definePlugin({
    name: 'mortal',
    roles: {
      registry: { supports: { ttl: true, watch: true, scope: 'host' }, create: () => registry },
    },
  })();
  const die = (): void => {
    registry.away = true;
    for (const watch of [...watches]) watch.lose(new Error('gone'));
  };
  return { plugin, registry, watches, die };
}

describe('health', () => {
  it('says once that the registry is away, however many services are watched', async () => {
    const { plugin, registry, watches, die } = mortal();
    const { logger, lines } = recorder();
    const app = await createApp(memoryOptions({ registry: plugin, logger }));
    const watch = await app.watch(() => undefined, 's0');
    for (let n = 0; n < 20; n++)
      await app.call(`s${n}`, 'Any.Thing', {}, { timeout: 1 }).catch(() => undefined);
    await until(() => watches.size === 21);
    die();
    await pause(200);
    expect(lines).toHaveLength(1);
    expect(app.health().status).toBe('ok');
    registry.away = false;
    await until(() => watches.size === 21);
    await pause(20);
    expect(lines).toHaveLength(2);
    await watch.close();
    await app.close();
  });

  it('tells no passwords', async () => {
    const { plugin, die } = mortal();
    const { logger, lines } = recorder();
    const app = await createApp(memoryOptions({ registry: plugin, logger }));
    die();
    const watch = await app.watch(() => undefined);
    await pause(50);
    const all = JSON.stringify([lines, app.health()]);
    expect(all).toContain('queue.local');
    expect(all).not.toContain('hunter2');
    await watch.close();
    await app.close();
  });

  it('knows of a part as long as somebody keeps it', async () => {
    const { plugin, die } = mortal();
    const app = await createApp(memoryOptions({ registry: plugin }));
    const [one, two] = [await app.watch(() => undefined), await app.watch(() => undefined)];
    await one.close();
    die();
    await pause(20);
    const parts = Object.values(app.health().parts);
    expect(parts).toEqual([expect.objectContaining({ up: false, needed: false })]);
    await two.close();
    expect(app.health().parts).toEqual({});
    await app.close();
  });

  it('says nothing of a part that two open at the start, when the first of them has', () => {
    const { logger, lines } = recorder();
    const health = new Health(logger);
    const [one, two] = [0, 1].map(() => health.part('subscription users', { needed: true }));
    one?.told(true);
    expect(health.snapshot().status).toBe('degraded');
    two?.told(true);
    expect(health.snapshot().status).toBe('ok');
    expect(lines).toEqual([]);
  });

  it('tells the latest reason, and logs one that will not pass by itself', () => {
    const { logger, lines } = recorder();
    const health = new Health(logger);
    const part = health.part('subscription users', { needed: true });
    part.told(false, new MicroError('unavailable', 'cut'));
    for (let n = 0; n < 3; n++) part.told(false, new MicroError('unauthenticated', 'the password'));
    part.told(false, new MicroError('deadline_exceeded', 'slow'));
    expect(health.snapshot().parts['subscription users']?.reason).toBe('slow');
    part.told(true);
    expect(lines.map((line) => /down.*"(.*)"|up again/.exec(line)?.[1])).toEqual([
      'cut',
      'the password',
      undefined,
    ]);
  });

  it('says it again when it is down again, whoever noticed it first', () => {
    const { logger, lines } = recorder();
    const health = new Health(logger);
    const [one, two] = [0, 1].map(() => health.part('watch', { needed: false }));
    two?.told(true);
    one?.told(false, 'gone');
    one?.forget();
    two?.told(false, 'gone');
    expect(lines.map((line) => line.split(' {')[0])).toEqual([
      'watch is down',
      'watch is up again',
      'watch is down',
    ]);
  });
});

describe('a registry that cannot tell of changes', () => {
  it('is asked, and what is gone is told', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'setImmediate'] });
    try {
      let names = ['a', 'b'];
      const registry: Registry = {
        register: async () => undefined,
        deregister: async () => undefined,
        lookup: async (service) =>
          names.includes(service)
            ? [{ id: service, service, version: '', address: '', metadata: {}, endpoints: [] }]
            : [],
        list: async () => names,
      };
      const plugin = definePlugin({
        name: 'silent',
        roles: {
          registry: {
            supports: { ttl: true, watch: false, scope: 'host' },
            create: () => registry,
          },
        },
      })();
      const app = await createApp(memoryOptions({ registry: plugin }));
      const heard: unknown[] = [];
      const all = await app.watch((changed) => {
        heard.push([...changed].map(([name, nodes]) => `${name} ${nodes.length}`));
      });
      await jest.advanceTimersByTimeAsync(12_000);
      names = ['b'];
      await jest.advanceTimersByTimeAsync(12_000);
      expect(heard).toEqual([['a 1', 'b 1'], ['a 0']]);
      await all.close();
      await app.close();
    } finally {
      jest.useRealTimers();
    }
  });

  it('and a listener that throws harms nobody', async () => {
    const { logger, lines } = recorder();
    const app = await createApp(memoryOptions({ logger }));
    const watch = await app.watch(() => {
      throw new Error('oops');
    }, 'shop');
    expect(app.health().parts).not.toEqual({});
    expect(Object.values(app.health().parts).every(({ up }) => up)).toBe(true);
    expect(lines.filter((line) => line.includes('oops'))).toHaveLength(1);
    await watch.close();
    await app.close();
  });
});
