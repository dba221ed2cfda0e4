import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['1000000ns', 1],
    ['1h0m0.1s', 3_600_100],
  ])('reads %s as Go does', (text, ms) => {
    expect(parseDuration(text, 1)).toBeCloseTo(ms, 6);
  });

  it('takes a bare number for the given unit', () => {
    expect(parseDuration('30', 1_000)).toBe(30_000);
    expect(parseDuration('250', 1)).toBe(250);
  });

  it.each(['', ' ', 'soon', '5 s', '-5s', '5s!', 's', '1e3', '0x10', '5d', '.', '.s'])(
    'refuses "%s"',
    (text) => {
      expect(parseDuration(text, 1)).toBeUndefined();
    },
  );
});
