import { Service, Subscribe, topic } from '@micro-ts/core';
import { createApp } from './create-app.ts';
import { officialSupports } from './official-supports.ts';

const config = { registry: 'memory', transport: 'memory', log: 'silent' } as const;
const ordered = topic<{ id: string }>('orders.*');

@Service('billing')
class Billing {
  @Subscribe(ordered, { queue: 'billing', delivery: 'at-least-once' })
  async bill(_: { id: string }): Promise<void> {}
}

describe('a broker that cannot do what is asked of it', () => {
  it('stops the boot, which names those that can', async () => {
    const boot = createApp({ ...config, broker: 'http' }, [Billing]);
    await expect(boot).rejects.toMatchObject({
      name: 'ConfigError',
      key: 'broker',
      message: expect.stringMatching(
        /^broker: http does not support delivery at-least-once, which orders\.\* asks for\n {2}Brokers that do: memory, rabbitmq, nats$/,
      ),
    });
  });

  it('is named by a running app too', async () => {
    const app = await createApp({ ...config, broker: 'http' });
    const subscribing = app.subscribe('orders.*', async () => undefined);
    await expect(subscribing).rejects.toThrow(/wildcards.*\n {2}Brokers that do: memory, /);
    await app.close();
  });

  it('is not one that can', async () => {
    const app = await createApp({ ...config, broker: 'memory' }, [Billing]);
    await app.close();
  });

  it('is told from what the plugins declare', () => {
    const brokers = Object.keys(officialSupports).filter((name) => officialSupports[name]?.broker);
    expect(brokers.sort()).toEqual(['http', 'memory', 'nats', 'rabbitmq', 'redis']);
  });
});
