// What is wrong with services and settings stops the boot, in a sentence.
import { ConfigError } from '@micro-ts/interface';
import { createApp, Handler, Service } from './index.ts';
import type { AppOptions } from './index.ts';
import { memoryOptions } from './world.test.fixture.ts';

@Service('greeter')
class Greeter {
  @Handler()
  async hello(): Promise<object> {
    return {};
  }
}

@Service('greeter', { prefix: 'Greeter' })
class Twin {
  @Handler()
  async hello(): Promise<object> {
    return {};
  }
}

@Service('greeter', { version: '2.0.0' })
class Newer {
  @Handler()
  async bye(): Promise<object> {
    return {};
  }
}

@Service('greeter', { prefix: 'Debug' })
class Debugging {
  @Handler()
  async health(): Promise<object> {
    return {};
  }
}

@Service('greeter')
class Hasty {
  @Handler({ timeout: 0 })
  async hello(): Promise<object> {
    return {};
  }
}

const wrong: Record<string, [Partial<AppOptions>, string]> = {
  'a class twice': [{ services: [Greeter, Greeter] }, 'Greeter'],
  'an instance twice': [
    (() => {
      const greeter = new Greeter();
      return { services: [greeter, greeter] };
    })(),
    'Greeter',
  ],
  'two instances of one class': [{ services: [new Greeter(), new Greeter()] }, 'Greeter.Hello'],
  'two classes with one endpoint': [{ services: [Greeter, Twin] }, 'Greeter.Hello'],
  'two versions of one service': [{ services: [Greeter, Newer] }, '2.0.0'],
  'endpoints that Micro has itself': [{ services: [Debugging] }, 'Debug'],
  'a handler without time': [{ services: [Hasty] }, 'timeout'],
  'no deadline at all': [{ deadline: 0 }, 'deadline'],
  'a deadline that is no number': [{ deadline: NaN }, 'deadline'],
  'retries below zero': [{ retries: -1 }, 'retries'],
  'retries that are no number': [{ retries: NaN }, 'retries'],
  'registrations that end at once': [{ registerTtl: 0 }, 'registerTtl'],
  'a negative grace': [{ grace: -1 }, 'grace'],
  'a negative time for closing': [{ shutdownTimeout: -1 }, 'shutdownTimeout'],
  'a limit of nothing': [{ limits: { messageBytes: NaN } }, 'limits.messageBytes'],
};

describe('the boot', () => {
  it.each(Object.entries(wrong))('is stopped by %s', async (_what, [options, problem]) => {
    const boot = createApp(memoryOptions(options)).then((app) => app.close());
    await expect(boot).rejects.toThrow(ConfigError);
    await expect(boot).rejects.toThrow(problem);
  });

  it('takes two classes of one service, and one version for both', async () => {
    const app = await createApp(memoryOptions({ services: [Greeter, Newer], version: '3' }));
    expect(app.nodes.map(({ version }) => version)).toEqual(['3']);
    await app.close();
  });

  it('hands the app over before it serves, to whom it waits for', async () => {
    const options = memoryOptions({ services: [Greeter] });
    const seen: unknown[] = [];
    const app = await createApp(options, async (early) => {
      seen.push(early.nodes, await early.list());
    });
    expect(seen).toEqual([[], []]);
    expect(await app.list()).toEqual(['greeter']);
    await app.close();
    const boot = createApp(options, () => Promise.reject(new Error('not my day')));
    await expect(boot).rejects.toThrow('not my day');
  });

  it('lists nothing of what is internal, and calls it all the same', async () => {
    @Service('hidden', { internal: true })
    class Hidden {
      @Handler()
      async hello(): Promise<object> {
        return { from: 'Hidden' };
      }
    }
    @Service('half')
    class Half {
      @Handler({ internal: true })
      async hello(): Promise<object> {
        return { from: 'Half' };
      }
    }
    const options = memoryOptions();
    const app = await createApp({ ...options, services: [Hidden, Half] });
    const other = await createApp(options);
    expect(app.nodes.map(({ endpoints }) => endpoints)).toEqual([[], []]);
    for (const name of ['Hidden', 'Half'])
      expect(await other.call(name.toLowerCase(), `${name}.Hello`)).toEqual({ from: name });
    await other.close();
    await app.close();
  });
});
