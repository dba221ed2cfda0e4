import { MicroError } from 'micro-ts';
import { resolvePath } from './index.ts';

const meaning = (path: string, namespace?: string): string => {
  const { service, endpoint, versioned } = resolvePath(path, { namespace });
  const also = versioned === undefined ? '' : ` or ${versioned.service}@${versioned.major}`;
  return `${service}${also} ${endpoint}`;
};

const codeOf = (path: string): string => {
  try {
    return meaning(path);
  } catch (error) {
    return MicroError.from(error).code;
  }
};

describe('resolvePath', () => {
  it.each([
    ['/foo', 'foo Foo.Call'],
    ['/foo/bar', 'foo Foo.Bar'],
    ['/foo/bar/', 'foo Foo.Bar'],
    ['/foo/bar/baz', 'foo Bar.Baz'],
    ['/foo/bar/baz/cat', 'foo.bar Baz.Cat'],
    ['/foo/bar/baz/cat/car', 'foo.bar.baz Cat.Car'],
    ['/foo/foo/bar', 'foo Foo.Bar'],
    ['/v1/foo', 'v1 V1.Foo'],
    ['/v1/foo/bar', 'v1.foo or foo@1 Foo.Bar'],
    ['/v1/foo/bar/baz', 'v1.foo or foo@1 Bar.Baz'],
    ['/v12/foo/bar/baz/cat', 'v12.foo.bar or foo.bar@12 Baz.Cat'],
    ['/foo/bar/baz-xyz', 'foo Bar.BazXyz'],
    ['/foo/foo-bar/baz-cat', 'foo FooBar.BazCat'],
    ['/foo/fooBar/bazCat', 'foo FooBar.BazCat'],
    ['/foo-bar/baz', 'foo-bar FooBar.Baz'],
    ['/foo/Bar.Baz', 'foo Bar.Baz'],
    ['/v1/foo/Bar.Baz', 'v1.foo or foo@1 Bar.Baz'],
    ['/acme.foo/bar', 'acme.foo Foo.Bar'],
    ['/gr%65eter/hello', 'greeter Greeter.Hello'],
  ])('%s is %s', (path, expected) => {
    expect(meaning(path)).toBe(expected);
  });

  it.each([
    ['/foo/bar', 'go.micro.api', 'go.micro.api.foo Foo.Bar'],
    ['/v1/foo/bar', 'go.micro.api', 'go.micro.api.v1.foo or go.micro.api.foo@1 Foo.Bar'],
    ['/foo/bar/baz/cat', 'acme-', 'acme-foo-bar Baz.Cat'],
  ])('%s in %s is %s', (path, namespace, expected) => {
    expect(meaning(path, namespace)).toBe(expected);
  });

  it.each([
    ['/', 'not_found'],
    ['//', 'not_found'],
    ['//foo/bar', 'not_found'],
    ['/foo//bar', 'not_found'],
    ['/foo bar/baz', 'not_found'],
    ['/foo:bar/baz', 'not_found'],
    ['/foo..bar/baz', 'not_found'],
    ['/.foo/bar', 'not_found'],
    ['/foo/../bar', 'invalid_argument'],
    ['/foo/./bar', 'invalid_argument'],
    ['/foo/%2e%2e/bar', 'invalid_argument'],
    ['/foo%2fbar', 'invalid_argument'],
    ['/foo%5Cbar', 'invalid_argument'],
    ['/foo\\bar', 'invalid_argument'],
    ['/foo/%00', 'invalid_argument'],
    ['/foo/%', 'invalid_argument'],
    ['/foo/%ff', 'invalid_argument'],
    [`/${'a'.repeat(3_000)}`, 'invalid_argument'],
    ['/a'.repeat(40), 'invalid_argument'],
    ['/__proto__/constructor', '__proto__ __proto__.Constructor'],
  ])('%s is refused: %s', (path, code) => {
    expect(codeOf(path)).toBe(code);
  });
});
