import { inNamespace } from './namespace.ts';
import { refusal } from './refusal.ts';
import { splitPath } from './split-path.ts';

/** What a path means where no route says so. */
export interface ResolvedPath {
  readonly service: string;
  readonly endpoint: string;
  /** Where the first segment is a version: the same service by its name without it. */
  readonly versioned?: { readonly service: string; readonly major: number } | undefined;
}

/** What {@link resolvePath} can be told. */
export interface PathOptions {
  /**
   * Stands before the names of services: with `go.micro.api`, `/greeter/hello` is for
   * `go.micro.api.greeter`. One that ends in `-` joins with dashes. Default: none.
   */
  readonly namespace?: string | undefined;
}

/** Words with single dots or dashes between them. */
const name = /^\w+(?:[.-]\w+)*$/;

/**
 * Which endpoint a path means, by go-micro's table. With `/` between them, the last two segments are
 * the endpoint and those before it the service; of two, the first one is both:
 *
 * | path | service | endpoint |
 * |---|---|---|
 * | `/foo` | `foo` | `Foo.Call` |
 * | `/foo/bar` | `foo` | `Foo.Bar` |
 * | `/foo/bar/baz` | `foo` | `Bar.Baz` |
 * | `/foo/bar/baz/cat` | `foo.bar` | `Baz.Cat` |
 * | `/v1/foo/bar` | `v1.foo`, else version 1 of `foo` | `Foo.Bar` |
 * | `/v1/foo/bar/baz` | `v1.foo`, else version 1 of `foo` | `Bar.Baz` |
 * | `/foo/Bar.Baz` | `foo` | `Bar.Baz` |
 * | `/acme.foo/bar` | `acme.foo` | `Foo.Bar` |
 *
 * Words of an endpoint are capitalised, dashes go: `baz-xyz` is `BazXyz`.
 * @param path as it was sent, without the query
 * @throws MicroError `invalid_argument` for a path that nobody should send, see `splitPath`;
 * `not_found` for one that can mean no service
 */
export function resolvePath(path: string, { namespace = '' }: PathOptions = {}): ResolvedPath {
  const parts = splitPath(path);
  if (parts === undefined || parts.length === 0 || !parts.every((part) => name.test(part)))
    throw refusal('not_found', 'the path names no service');
  const last = parts[parts.length - 1] as string;
  const version = /^v(\d{1,9})$/.exec(parts[0] as string)?.[1];
  const isVersioned = version !== undefined && parts.length >= 3;
  const own = isVersioned ? parts.slice(1) : parts;
  const named = own.length > 1 && last.includes('.');
  const of = own.slice(0, named ? -1 : own.length <= 2 ? 1 : -2);
  const endpoint = named ? last : endpointOf(own);
  const join = (words: readonly string[]): string => inNamespace(namespace, words);
  if (!isVersioned) return { service: join(of), endpoint };
  const versioned = { service: join(of), major: Number(version) };
  return { service: join([`v${version}`, ...of]), endpoint, versioned };
}

function endpointOf(parts: readonly string[]): string {
  const [first = ''] = parts;
  const prefix = first.slice(first.lastIndexOf('.') + 1);
  if (parts.length === 1) return `${title(prefix)}.Call`;
  const [before, last] = parts.slice(-2) as [string, string];
  return `${title(parts.length === 2 ? prefix : before)}.${title(last)}`;
}

/** `baz-xyz` → `BazXyz`. */
const title = (text: string): string =>
  text
    .split(/[-.]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
