import { ConfigError } from '@micro-ts/interface';
import type { Endpoint } from '@micro-ts/interface';

/** `hello` → `Hello`, as Go exports it. */
export const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** `Greeter` for the classes `Greeter` and `GreeterService`. */
export function prefixOf(className: string): string {
  if (className.length <= 2)
    throw new ConfigError(
      'services',
      `the class is called ${className === '' ? 'nothing' : className}, as if by a minifier`,
      'Endpoints take their names from the class: keep class names, or give @Service a prefix.',
    );
  const short = className.replace(/Service$/, '');
  return short === '' ? className : short;
}

/** What `hello` of `acme.greeter` is probably called: `Greeter.Hello`, as go-micro names things. */
export function likelyName(service: string, method: string): string {
  const last = service.slice(service.lastIndexOf('.') + 1);
  const prefix = last.split(/[-_]/).map(capitalised).join('');
  return `${prefix}.${capitalised(method)}`;
}

/** Name of the method in the class: told by the record where it is not simply the endpoint's. */
export function methodOf({ name, metadata }: Endpoint): string {
  const own = metadata['method'];
  if (own !== undefined) return own;
  const last = name.slice(name.indexOf('.') + 1);
  return last.charAt(0).toLowerCase() + last.slice(1);
}
