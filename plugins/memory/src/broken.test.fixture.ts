import type { Configured, OpenPlugin, Role, Roles } from '@micro-ts/interface';
import { memory } from './index.ts';

/** Changes some members of an object, and leaves the rest as it is. */
export function changed<T extends object>(original: T, change: (original: T) => Partial<T>): T {
  const changes: Partial<T> = change(original);
  const get = (target: T, key: PropertyKey): unknown => {
    if (Object.hasOwn(changes, key)) return Reflect.get(changes, key);
    const value: unknown = Reflect.get(target, key, target);
    return typeof value === 'function' ? value.bind(target) : value;
  };
  return new Proxy(original, { get });
}

/** Memory with one role spoilt. */
export function broken<R extends 'registry' | 'broker' | 'transport'>(
  role: R,
  spoil: (original: Roles[R]['is']) => Partial<Roles[R]['is']>,
): Configured<'registry' | 'broker' | 'transport'> {
  const whole = memory();
  return {
    ...whole,
    open: (context) => {
      const opened = whole.open(context);
      const create: OpenPlugin<'registry' | 'broker' | 'transport'>['create'] = (asked, around) => {
        const made = opened.create(asked, around);
        return isRole(asked, role, made) ? changed(made, spoil) : made;
      };
      return { create, close: () => opened.close() };
    },
  };
}

function isRole<R extends Role>(asked: Role, role: R, made: unknown): made is Roles[R]['is'] {
  return asked === role && made !== undefined;
}
