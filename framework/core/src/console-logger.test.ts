import { MicroError } from '@micro-ts/interface';
import { ConsoleLogger } from './index.ts';

describe.each([true, false])('a line of the log, as JSON: %p', (json) => {
  const line = (fields: Record<string, unknown>): string => {
    let all = '';
    new ConsoleLogger('info', {}, (text) => (all += text), json).info('told', fields);
    return all;
  };

  it.each<[string, Record<string, unknown>]>([
    ['in a field', { password: 'hunter2' }],
    ['further in', { options: { auth: { password: 'hunter2' } } }],
    ['in a list', { servers: [{ apiToken: 'hunter2' }] }],
    ['in an address', { url: 'amqp://admin:hunter2@queue.local/' }],
    ['in an address further in', { urls: ['amqp://admin:hunter2@queue.local/'] }],
    ['in the text of an error', { error: new Error('cannot reach redis://:hunter2@cache:6379') }],
    [
      'in what a library hangs on its error',
      {
        error: Object.assign(new Error('401'), {
          config: { headers: { authorization: 'hunter2' } },
          token: 'hunter2',
        }),
      },
    ],
    [
      'in a cause',
      {
        error: new Error('outer', {
          cause: Object.assign(new Error('inner'), { password: 'hunter2' }),
        }),
      },
    ],
  ])('tells no secret %s', (_where, fields) => {
    expect(line(fields)).not.toContain('hunter2');
  });

  it('tells an error with its stack, its code and its causes', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const text = line({ error: new MicroError('unavailable', 'no server', { cause }) });
    for (const part of ['no server', 'unavailable', 'ECONNREFUSED', 'console-logger.test'])
      expect(text).toContain(part);
  });

  it('tells all that failed together', () => {
    const text = line({ error: new AggregateError([new Error('one'), new Error('two')], 'all') });
    for (const part of ['all', 'one', 'two']) expect(text).toContain(part);
  });

  it.each<[string, unknown]>([
    ['a circle', Object.assign({}, { self: {} as unknown })],
    ['a bigint', 5n],
    ['a bigint further in', { n: 5n }],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['a map', new Map([[1, 2]])],
  ])('survives %s', (_what, value) => {
    if (typeof value === 'object' && value !== null && 'self' in value) value.self = value;
    expect(line({ value })).toContain('told');
  });

  it('is one line', () => {
    expect(line({ text: 'a\nb', error: new Error('x\ny') }).trimEnd()).not.toContain('\n');
  });
});

it('a line for a terminal does not command it', () => {
  let all = '';
  const evil = '\u001b]0;x\u0007\u009b2J\r\u007f';
  const logger = new ConsoleLogger('info', {}, (text) => (all += text), false);
  logger.info(`told\tof ${evil}`, { name: evil, error: new Error(evil), deep: { evil } });
  expect(all).toContain('told\tof \ufffd]0;x\ufffd\ufffd2J\ufffd\ufffd');
  expect(all).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/);
});
