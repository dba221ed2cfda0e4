import { compare } from './expectation.ts';
import type { Addresses } from './expectation.ts';

describe('output compared with what a document shows', () => {
  it('learns addresses, and holds later lines to them', () => {
    const addresses: Addresses = new Map();
    expect(compare('on 127.0.0.1:1 (x)', 'on 127.0.0.1:4567 (x)\n', addresses)).toBeUndefined();
    expect(compare('127.0.0.1:1', '127.0.0.1:4567', addresses)).toBeUndefined();
    expect(compare('127.0.0.1:1', '127.0.0.1:4568', addresses)).toContain('127.0.0.1:4568');
  });

  it('lets … stand for anything in a line', () => {
    expect(compare('{"a":…}', '{"a":[1,2]}', new Map())).toBeUndefined();
    expect(compare('a…', 'a\nb', new Map())).toContain('expected');
  });

  it('lets … alone in a line stand for any number of lines', () => {
    expect(compare('a\n…\nd', 'a\nb\nc\nd', new Map())).toBeUndefined();
    expect(compare('a\n…', 'a', new Map())).toBeUndefined();
    expect(compare('a\n…\nd', 'a\nb\nc', new Map())).toContain('expected');
  });

  it('minds the order, unless told otherwise', () => {
    expect(compare('a\nb', 'b\na', new Map())).toContain('expected');
    expect(compare('a\nb', 'b\na', new Map(), 'any order')).toBeUndefined();
    expect(compare('a\nb', 'a\na', new Map(), 'any order')).toContain('expected');
  });
});
