import * as v from 'valibot';
import { duration } from './inputs.ts';

describe('a duration', () => {
  it.each([
    [500, 500],
    ['500', 500],
    ['500ms', 500],
    ['1.5s', 1_500],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
  ])('%s is %d ms', (given, ms) => expect(v.parse(duration('how long'), given)).toBe(ms));

  it.each(['', '0', '0s', '-1s', 's', '5 s', '1s30', 'soon'])('is not %j', (given) =>
    expect(() => v.parse(duration('how long'), given)).toThrow('should be a time above 0'),
  );

  it('is 0 where none will do', () => {
    expect(v.parse(duration('how long', true), '0')).toBe(0);
    expect(() => v.parse(duration('how long', true), '-1s')).toThrow('should be a time');
  });
});
