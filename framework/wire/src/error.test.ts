import { errorCodes, MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';
import { codeOfNumber, decodeError, encodeError } from './index.ts';

const parsed = (error: MicroError): Record<string, unknown> =>
  JSON.parse(encodeError(error, 'greeter')) as Record<string, unknown>;

describe('an error', () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])('keeps its code: %s', (code) => {
    const details = { field: 'name', list: [1, 'two', null] };
    const error = decodeError(encodeError(new MicroError(code, 'no', { details }), 'greeter'));
    expect(error).toBeInstanceOf(MicroError);
    expect(error).toMatchObject({ code, message: 'no', origin: 'greeter', details });
    expect(error.refused).toBe(false);
    expect(parsed(error)['status']).toEqual(expect.stringMatching(/./));
  });

  it('says where it was made, if that was not here', () => {
    expect(parsed(new MicroError('internal', 'x', { origin: 'users' }))['id']).toBe('users');
    expect(parsed(new MicroError('internal', 'x'))['id']).toBe('greeter');
  });

  it('has the number of an HTTP status that says more than its code, which is kept', () => {
    const text = encodeError(new MicroError('resource_exhausted', 'too large'), 'a', 413);
    expect(JSON.parse(text)).toMatchObject({ code: 413, status: 'Request Entity Too Large' });
    expect(decodeError(text).code).toBe('resource_exhausted');
  });

  it('never sends its cause or that it was refused', () => {
    const error = new MicroError('internal', 'internal', { cause: new Error('pw'), refused: true });
    expect(encodeError(error)).not.toMatch(/pw|refused/);
    expect(decodeError(encodeError(error), true).refused).toBe(true);
  });

  it('leaves out details that JSON cannot hold, and writes bigints as text', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const hostile = {
      toJSON(): never {
        throw new Error('secret');
      },
    };
    for (const details of [circle, hostile, () => 1, Symbol('x')]) {
      expect(parsed(new MicroError('aborted', 'x', { details }))).not.toHaveProperty('details');
    }
    expect(parsed(new MicroError('aborted', 'x', { details: { n: 12n } }))['details']).toEqual({
      n: '12',
    });
  });

  it('fits into a header, whatever it holds', () => {
    const message = '\u0001'.repeat(1_000_000);
    const error = new MicroError('internal', message, { origin: message, details: message });
    expect(Buffer.byteLength(encodeError(error))).toBeLessThan(12 * 1024);
    expect(decodeError(encodeError(error)).code).toBe('internal');
  });

  it.each([
    ['rpc: unknown service', 'unknown', 'rpc: unknown service'],
    ['', 'unknown', 'unknown error'],
    ['"text"', 'unknown', '"text"'],
    ['null', 'unknown', 'null'],
    ['{"a":1}', 'unknown', '{"a":1}'],
    ['{"detail":"only"}', 'unknown', 'only'],
    ['{"code":503}', 'unavailable', 'unavailable'],
    ['{"code":404,"status":"Not Found"}', 'not_found', 'Not Found'],
    ['{"code":409,"detail":"x","name":"aborted"}', 'aborted', 'x'],
    ['{"code":409,"detail":"x","name":"constructor"}', 'already_exists', 'x'],
    ['{"code":"404","detail":5}', 'unknown', 'unknown'],
  ])('is read from %j', (text, code, message) => {
    expect(decodeError(text)).toMatchObject({ code, message });
  });

  it.each([
    ["rpc: can't find service Nope", 'unimplemented', true],
    ["rpc: can't find method Nope", 'unimplemented', true],
    ['rpc: service/endpoint request ill-formed: a.b.c', 'invalid_argument', true],
    ["no: rpc: can't find method Nope", 'unknown', false],
    ['rpc: something else', 'unknown', false],
    [`{"id":"","code":0,"detail":"rpc: can't find method Nope","status":""}`, 'unknown', false],
    [`{"id":"a","code":500,"detail":"rpc: can't find method Nope"}`, 'internal', false],
  ])('of a call without a handler is refused: %s', (text, code, refused) => {
    const error = decodeError(text);
    expect(error).toMatchObject({ code, refused });
    expect(error.message).toContain('rpc: ');
    expect(decodeError(text, true).refused).toBe(true);
  });

  it('is bounded when it is read', () => {
    expect(decodeError('x'.repeat(1_000_000)).message.length).toBeLessThanOrEqual(8_192);
    expect(decodeError(`{"detail":"${'x'.repeat(1_000_000)}"}`).message.length).toBe(8_192);
  });
});

describe('a number of go-micro or HTTP', () => {
  it('has a code', () => {
    const numbers = [0, 200, 400, 405, 408, 418, 422, 500, 502, 504, 599, 1_001, -1, NaN];
    expect(numbers.map(codeOfNumber)).toEqual([
      'unknown',
      'unknown',
      'invalid_argument',
      'unimplemented',
      'deadline_exceeded',
      'invalid_argument',
      'invalid_argument',
      'internal',
      'unavailable',
      'deadline_exceeded',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });
});
