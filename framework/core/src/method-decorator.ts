import { ConfigError } from '@micro-ts/interface';
import type { Class } from './class.ts';
import { isStandard, recordFrom, recordOf } from './metadata.ts';
import type { Recorded } from './metadata.ts';

/**
 * `K`, where the verdict is `true`; else the verdict, which is a sentence. A decorator that is put in
 * a wrong place takes that sentence as its second argument, and so the compiler prints it.
 */
export type Checked<K, Verdict> = Verdict extends true ? K : Verdict;

/** The method that is decorated. Legacy: `F`, of the descriptor. Standard: `T`, the target. */
export type MethodOf<T, F> = [F] extends [never] ? T : F;

/** Whether this is a method of instances. Legacy: `K` is its name; standard: `K` is the context. */
export type PlaceVerdict<T, F, K, Decorator extends string, What extends string> =
  MethodOf<T, F> extends (...args: never[]) => unknown
    ? [F] extends [never]
      ? K extends { readonly kind: 'method' }
        ? K extends { readonly static: true }
          ? `${What} cannot be static`
          : K extends { readonly private: true }
            ? `${What} must be public`
            : true
        : `${Decorator} belongs on a method`
      : T extends Class
        ? `${What} cannot be static`
        : true
    : `${Decorator} belongs on a method`;

/** A decorator of both kinds that writes down what it is told of a method. */
export function methodDecorator(
  decorator: '@Handler' | '@Subscribe',
  save: (record: Recorded, method: string) => void,
): (target: unknown, at: unknown, descriptor?: PropertyDescriptor) => void {
  return (target, at, descriptor) => {
    if (isStandard(at)) {
      const name = at.name ?? 'class';
      if (at.kind !== 'method') throw misplaced(decorator, name, 'belongs on a method');
      if (at.static === true) throw misplaced(decorator, name, 'cannot be on a static method');
      if (at.private === true) throw misplaced(decorator, name, 'cannot be on a #private method');
      save(recordFrom(at), text(decorator, name));
      return;
    }
    const name = (at ?? 'class') as string | symbol;
    if (typeof target === 'function' && at !== undefined)
      throw misplaced(decorator, name, 'cannot be on a static method');
    const own = descriptor ?? Object.getOwnPropertyDescriptor(target, name);
    if (typeof own?.value !== 'function') throw misplaced(decorator, name, 'belongs on a method');
    save(recordOf((target as object).constructor), text(decorator, name));
  };
}

function misplaced(decorator: string, name: string | symbol, problem: string): ConfigError {
  return new ConfigError(String(name), `${decorator} ${problem}`);
}

function text(decorator: string, name: string | symbol): string {
  if (typeof name === 'string') return name;
  throw misplaced(decorator, name, 'needs a method with a name');
}
