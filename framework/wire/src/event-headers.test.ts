import { metadata } from '@micro-ts/interface';
import { decodeEventHeaders, encodeEventHeaders } from './index.ts';

const body = new Uint8Array();

describe('the headers of an event', () => {
  it('come back as they went', () => {
    const own = metadata({ 'x-tenant': 'Zoë', 'micro-topic': 'events', empty: '' }, [
      ['__proto__', 'a key like any other'],
    ]);
    const contentType = 'application/json';
    const headers = encodeEventHeaders({ contentType, metadata: own, body });
    expect(decodeEventHeaders(headers)).toEqual({ contentType, metadata: own });
  });

  it('are spelt as Go looks them up', () => {
    const own = metadata({ 'micro-id': '1', 'x-tenant': 'a', 'content-type': 'text/html' }, [
      ['__proto__', 'x'],
    ]);
    const headers = encodeEventHeaders({ contentType: 'text/plain', metadata: own, body });
    expect(Object.entries(headers)).toEqual([
      ['Content-Type', 'text/plain'],
      ['Micro-ID', '1'],
      ['X-Tenant', 'a'],
      ['__Proto__', 'x'],
    ]);
  });

  it('may be of any type, or missing', () => {
    const odd = {
      n: 1,
      b: false,
      none: null,
      list: ['a'],
      table: { a: 1 },
      bytes: Buffer.from('a'),
    };
    const texts = { 'CONTENT-TYPE': 'Text/Plain; charset=utf-8', 'X-A': 'a' };
    const read = decodeEventHeaders({ ...odd, ...texts });
    expect(read).toEqual({
      contentType: 'text/plain',
      metadata: { n: '1', b: 'false', 'x-a': 'a' },
    });
    expect(Object.getPrototypeOf(read.metadata)).toBeNull();
    for (const nothing of [undefined, null, 'text', 7, []]) {
      expect(decodeEventHeaders(nothing)).toEqual({ contentType: '', metadata: {} });
    }
  });
});
