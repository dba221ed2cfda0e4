import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseInfrastructure, packagesOf, plugins } from './plugins.ts';

/** As far as a plugin says what it plays. */
interface Playing {
  readonly default: { readonly roles: object };
}

const roles = ['registry', 'transport', 'broker'] as const;

describe('plugins that can be chosen', () => {
  it.each(roles)(
    'are all that play %s, but for memory, which stays within a process',
    async (role) => {
      const names = readdirSync(join(__dirname, '../../../plugins')).filter(
        (name) => name !== 'memory',
      );
      const playing: string[] = [];
      for (const name of names) {
        const { default: plugin } = (await import(`@micro-ts/${name}`)) as Playing;
        if (role in plugin.roles) playing.push(name);
      }
      expect([...plugins[role]].sort()).toEqual(playing.sort());
    },
  );

  it.each(roles)('are those that the prompt for %s offers', (role) => {
    const schema = JSON.parse(readFileSync(join(__dirname, 'service/schema.json'), 'utf8'));
    const { enum: values, default: first, 'x-prompt': prompt } = schema.properties[role];
    expect(values).toEqual(plugins[role]);
    expect(prompt.items.map(({ value }: { value: string }) => value)).toEqual(plugins[role]);
    expect(first).toBe(plugins[role][0]);
  });

  it('have defaults that bring no package', () => {
    expect(packagesOf(chooseInfrastructure({}))).toEqual([]);
  });

  it('bring each package once', () => {
    const chosen = chooseInfrastructure({ registry: 'nats', transport: 'nats', broker: 'redis' });
    expect(packagesOf(chosen)).toEqual(['@micro-ts/nats', '@micro-ts/redis']);
  });

  it('are refused by name', () => {
    expect(() => chooseInfrastructure({ broker: 'kafka' })).toThrow(
      '--broker kafka is not known; these are: http, nats, redis, rabbitmq',
    );
  });
});
