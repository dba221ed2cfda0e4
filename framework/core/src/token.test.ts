import { ConfigError } from '@micro-ts/interface';
import { provide } from './provide.ts';
import { nameOfToken, role, Token, token } from './token.ts';
import { topic } from './topic.ts';
import { unchecked } from './unchecked.ts';

describe('tokens', () => {
  it('are told from classes and from each other', () => {
    const [first, second] = [token<number>('port'), token<number>('port')];
    expect(first).not.toBe(second);
    expect([first, class {}, { name: 'port' }, undefined].map(Token.is)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('of a role are one', () => {
    expect(role('registry')).toBe(role('registry'));
    expect(role('registry')).not.toBe(role('broker'));
  });

  it('have names for messages', () => {
    class Pool {}
    expect([Pool, role('broker'), token('port'), 'text', undefined].map(nameOfToken)).toEqual([
      'Pool',
      "role('broker')",
      'port',
      'text',
      'undefined',
    ]);
  });

  it('that are undefined are refused', () => {
    const missing = undefined as never;
    expect(() => provide(missing, { value: 1 as never })).toThrow(ConfigError);
    expect(() => provide(token('a'), { inject: [missing], factory: () => 1 })).toThrow(
      /^provide\(a\): a class is undefined\n {2}Its file is still loading/,
    );
  });
});

describe('topics', () => {
  it('are a name, and a schema if they have one', () => {
    expect(topic('user.created')).toEqual({ name: 'user.created', schema: undefined });
    expect(topic('user.created', { schema: unchecked }).schema).toBe(unchecked);
  });

  it('may be unchecked, which lets everything through', () => {
    expect(unchecked['~standard'].validate('anything')).toEqual({ value: 'anything' });
  });
});
