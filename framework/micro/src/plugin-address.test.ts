import * as v from 'valibot';
import { definePlugin } from '@micro-ts/interface';
import { withAddress } from './plugin-address.ts';
import type { AnyPlugin } from './plugin-packages.ts';

const server = v.pipe(
  v.string(),
  v.check((text) => /^\w+$/.test(text), 'is no host'),
);
const list = v.pipe(v.array(server), v.minLength(1));

const addressed = (address: v.GenericSchema): AnyPlugin =>
  Object(
    definePlugin({
      name: 'a',
      options: v.strictObject({ address: v.optional(address) }),
      roles: {},
    }),
  );
const one = addressed(server);
const either = addressed(v.union([server, list]));
const folder = addressed(v.string());

const given = (plugin: AnyPlugin, value: string): unknown =>
  withAddress('broker', plugin, {}, { value, from: 'MICRO_BROKER_ADDRESS' })['address'];

describe('an address from outside', () => {
  it.each([
    ['a', 'a', ['a']],
    [' a ', 'a', ['a']],
    ['a,', 'a', ['a']],
    ['a,b', ['a', 'b'], ['a', 'b']],
    [' a ,, b,', ['a', 'b'], ['a', 'b']],
  ])('is one, or several with commas between: %j', (value, where, always) => {
    expect(given(either, value)).toEqual(where);
    expect(given(addressed(list), value)).toEqual(always);
  });

  it('stays whole where no list is taken', () => {
    expect(given(folder, '/tmp/a,b')).toBe('/tmp/a,b');
  });

  it('that is wrong is refused in the form that the option has', () => {
    const refused = (plugin: AnyPlugin, value: string) => (): unknown =>
      plugin({ address: given(plugin, value) });
    expect(refused(one, 'a,b')).toThrow(/^a\.address: is no host$/);
    expect(refused(either, 'a,b b')).toThrow(/^a\.address\.1: is no host$/);
    expect(refused(either, 'a b')).toThrow(/^a\.address: is no host$/);
    expect(refused(either, ',')).toThrow(/^a\.address: is no host$/);
  });
});
