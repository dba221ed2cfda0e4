import { setTimeout as pause } from 'node:timers/promises';
import { closable, ConfigError, metadata, MicroError } from '@micro-ts/interface';
import type { Losable, Node, Registry } from '@micro-ts/interface';
import { keep } from './keep.ts';
import { keepRegistered } from './registrar.ts';
import { until } from './world.test.fixture.ts';

describe('keep', () => {
  it('opens again what was lost, and tells each change', async () => {
    const opened: Losable[] = [];
    const told: (boolean | string)[] = [];
    const kept = keep(
      async () => {
        const one = closable(() => undefined);
        opened.push(one);
        return one;
      },
      (up, reason) => told.push(up || String(reason)),
    );
    await kept.tried;
    opened[0]?.lose('cut');
    await until(() => opened.length === 2);
    await kept.close();
    await pause(50);
    expect(told).toEqual([true, 'cut', true]);
    expect(opened).toHaveLength(2);
  });

  it('tries again while it cannot be opened, and stops when it is closed', async () => {
    let attempts = 0;
    const told: string[] = [];
    const kept = keep(
      async () => {
        attempts++;
        if (attempts < 4) throw new Error(`not yet ${attempts}`);
        return closable(() => undefined);
      },
      (up, reason) => told.push(up ? 'up' : (reason as Error).message),
    );
    await kept.tried;
    expect(attempts).toBe(1);
    await until(() => told.at(-1) === 'up');
    expect(told).toEqual(['not yet 1', 'not yet 2', 'not yet 3', 'up']);
    await kept.close();
    const after = attempts;
    await pause(60);
    expect(attempts).toBe(after);
  });

  it('closes what opens while it is being closed', async () => {
    const late = closable(() => undefined);
    let release!: () => void;
    const kept = keep(
      () => new Promise((resolve) => (release = () => resolve(late))),
      () => undefined,
    );
    const closing = kept.close();
    release();
    await closing;
    await expect(late.closed).resolves.toBeUndefined();
  });

  it('ends also if what it keeps cannot be closed', async () => {
    let opened = 0;
    const kept = keep(
      async () => {
        opened++;
        return closable(() => Promise.reject(new Error('stuck')));
      },
      () => undefined,
    );
    await kept.tried;
    await expect(kept.close()).rejects.toThrow('stuck');
    await kept.closed;
    await pause(80);
    expect(opened).toBe(1);
  });
});

describe('what no attempt would mend', () => {
  it.each([
    new ConfigError('broker', 'no such thing'),
    new MicroError('invalid_argument', 'no topic has blanks'),
    new MicroError('unauthenticated', 'wrong password'),
  ])('is not tried again, and told to whoever opened it alone: %s', async (error) => {
    let attempts = 0;
    const told: boolean[] = [];
    const kept = keep(
      async () => {
        attempts++;
        throw error;
      },
      (up) => told.push(up),
    );
    await expect(kept.tried).rejects.toBe(error);
    await pause(120);
    expect([attempts, told]).toEqual([1, []]);
    await kept.close();
  });

  it('is tried again if it had once been open, and seldom if the server denies it', async () => {
    let attempts = 0;
    const one = closable(() => undefined);
    const kept = keep(
      async () => {
        attempts++;
        if (attempts > 1) throw new MicroError('permission_denied', 'no more');
        return one;
      },
      () => undefined,
    );
    await kept.tried;
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.5);
    one.lose('cut');
    await until(() => attempts === 2);
    await pause(400); // 1.6 s is the pause; 50 ms would be that of others
    expect(attempts).toBe(2);
    random.mockRestore();
    await kept.close();
  });
});

describe('keepRegistered', () => {
  const node: Node = {
    id: 'a-1',
    service: 'a',
    version: '1',
    address: '127.0.0.1:1',
    metadata: metadata(),
    endpoints: [],
  };

  it('registers again each third of the ttl, and through failures', async () => {
    let beats = 0;
    let deregistered = 0;
    const told: boolean[] = [];
    const registry: Registry = {
      register: async () => {
        beats++;
        if (beats === 2) throw new Error('away');
      },
      deregister: async () => void deregistered++,
      lookup: async () => [],
      list: async () => [],
    };
    const kept = keepRegistered(
      registry,
      () => node,
      90,
      (up) => told.push(up),
    );
    await until(() => told.length === 3);
    await kept.close();
    const after = beats;
    await pause(80);
    expect([told, beats, deregistered]).toEqual([[true, false, true], after, 1]);
  });

  it('takes the record away after a heartbeat that is under way', async () => {
    const order: string[] = [];
    let beats = 0;
    const registry: Registry = {
      register: async () => {
        if (++beats === 2) await pause(80);
        order.push('register');
      },
      deregister: async () => void order.push('deregister'),
      lookup: async () => [],
      list: async () => [],
    };
    const kept = keepRegistered(
      registry,
      () => node,
      30,
      () => undefined,
    );
    await until(() => beats === 2);
    await kept.close();
    await pause(60);
    expect(order).toEqual(['register', 'register', 'deregister']);
  });
});
