import type { Logger } from '@micro-ts/interface';
import { ReportOnce } from './index.ts';

const warned: [string, unknown][] = [];
const silent = (): void => undefined;
const logger: Logger = {
  debug: silent,
  info: silent,
  warn: (message, fields) => void warned.push([message, fields]),
  error: silent,
  with: () => logger,
};
let report: ReportOnce;

beforeEach(() => {
  warned.length = 0;
  report = new ReportOnce(logger);
});

describe('a record that is wrong', () => {
  it('is told once for each key', () => {
    for (const key of ['a', 'b', 'a', 'b']) report.warn(key, 'garbage', { key });
    expect(warned).toEqual([
      ['garbage', { key: 'a' }],
      ['garbage', { key: 'b' }],
    ]);
  });

  it('is told again if it was right meanwhile', () => {
    report.warn('a', 'garbage', {});
    report.forget('a');
    report.forget('b');
    report.warn('a', 'garbage again', {});
    expect(warned.map(([message]) => message)).toEqual(['garbage', 'garbage again']);
  });

  it('is one of 256 at most, however many there are', () => {
    for (let n = 0; n < 10_000; n++) report.warn(`key ${n}`, 'garbage', {});
    expect(warned).toHaveLength(256);
    report.forget('key 0');
    report.warn('key 9999', 'garbage', {});
    expect(warned).toHaveLength(257);
  });
});
