import { deflateSync } from 'node:zlib';
import { sampleNode } from '@micro-ts/testing';
import { decodeTxt, encodeTxt } from './txt.ts';

const found = { address: '127.0.0.1:1', idIn: () => 'by-name' };
const pack = (text: string | Buffer): string[] => [deflateSync(text).toString('hex')];

describe('the text of a record', () => {
  it('comes back as it was, in strings of 255 bytes', () => {
    const node = sampleNode('greeter', { version: '' });
    const strings = encodeTxt(node, {});
    expect(strings.slice(0, -1).every(({ length }) => length === 255)).toBe(true);
    expect(decodeTxt(strings, found)).toEqual({ ...node, id: 'by-name', address: '127.0.0.1:1' });
    const more = encodeTxt(node, { id: node.id, address: 'a subject' });
    expect(decodeTxt(more, found)).toEqual({ ...node, address: 'a subject' });
  });

  it('may have nothing but a name: Go writes null for what is empty', () => {
    const text = '{"Metadata":null,"Service":"greeter","Version":"","Endpoints":null}';
    expect(decodeTxt(pack(text), found)).toMatchObject({ service: 'greeter', endpoints: [] });
  });

  it('is refused quickly when it inflates without end', () => {
    const bomb = pack(Buffer.alloc(30 * 1024 * 1024));
    expect(bomb[0]?.length).toBeLessThan(65_535);
    const start = performance.now();
    expect(() => decodeTxt(bomb, found)).toThrow(/larger than|too large|ERR_BUFFER/i);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it.each([
    ['nothing', []],
    ['what is not hexadecimal', ['xyz']],
    ['half a byte', ['abc']],
    ['what is not compressed', ['00ff']],
    ['half of it', [pack('{"Service":"greeter","Version":"1"}')[0]?.slice(0, 30) ?? '']],
    ['no JSON', pack('greeter')],
    ['no object', pack('null')],
    ['no service', pack('{"Version":"1"}')],
    ['a service that is no text', pack('{"Service":{},"Version":"1"}')],
    ['endpoints that are none', pack('{"Service":"greeter","Version":"1","Endpoints":[1]}')],
    ['metadata that is none', pack('{"Service":"greeter","Version":"1","Metadata":[[]]}')],
    ['brackets without end', pack('['.repeat(500_000))],
  ])('is refused when it is %s', (_what, strings) => {
    expect(() => decodeTxt(strings, found)).toThrow();
  });

  it('reaches no prototype', () => {
    const text = '{"Service":"greeter","Version":"1","Metadata":{"__proto__":"x"},"Endpoints":[]}';
    const { metadata } = decodeTxt(pack(text), found);
    expect(Object.getPrototypeOf(metadata)).toBeNull();
    expect(Object.keys(metadata)).toEqual(['__proto__']);
  });
});
