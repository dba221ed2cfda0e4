import { ConfigError } from '@micro-ts/interface';
import type { ConcreteClass } from './class.ts';
import { isStandard, recordFrom, recordOf } from './metadata.ts';
import type { Recorded } from './metadata.ts';

/** What `@Service` can be told. */
export interface ServiceOptions {
  /** Default `latest`. */
  readonly version?: string;
  /** First part of its endpoints' names. Default: the class's name less a `Service` at its end. */
  readonly prefix?: string;
  /** Labels of its nodes, which filters can ask for. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** None of its endpoints is listed. Default false. */
  readonly internal?: boolean;
}

/** A decorator of classes, legacy and standard, that compiles on those that can be constructed. */
export interface ClassDecorator {
  <T>(
    target: T extends ConcreteClass
      ? T
      : 'An abstract class cannot be constructed: decorate those that extend it',
    context?: ClassDecoratorContext,
  ): void;
}

/**
 * Makes a class a service of this name: its `@Handler` methods answer calls. Several classes may
 * share a name; their endpoints then stand in one record.
 * @param name letters, digits, `.`, `_` and `-`, as in `greeter` or `shop.orders`.
 * @example export @Service('greeter', { version: '1.0.0' }) class Greeter { … }
 * @throws ConfigError for a name that registries cannot hold.
 */
export function Service(name: string, options: ServiceOptions = {}): ClassDecorator {
  if (!/^[a-z\d][\w.-]*$/i.test(name))
    throw new ConfigError(
      `@Service('${name}')`,
      'the name of a service is letters, digits, dots, dashes and underscores',
    );
  const { version = 'latest', metadata = {}, ...rest } = options;
  return classDecorator('@Service', (record) => {
    record.service = { name, version, metadata, ...rest };
    record.injectable = true;
  });
}

/** A decorator of both kinds that writes down what it is told of a class. */
export function classDecorator(
  decorator: string,
  save: (record: Recorded) => void,
): (target: unknown, context?: unknown) => void {
  return (target, context) => {
    if (isStandard(context) && context.kind === 'class') save(recordFrom(context));
    else if (typeof target === 'function' && context === undefined) save(recordOf(target));
    else throw new ConfigError('class', `${decorator} belongs on a class`);
  };
}
