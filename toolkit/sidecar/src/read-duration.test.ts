import { readDuration } from './read-duration.ts';

it.each([
  [undefined, 30_000],
  ['', 30_000],
  ['10', 10_000],
  ['10s', 10_000],
  ['1500ms', 1_500],
  ['1m30s', 90_000],
  ['24h', 86_400_000],
])('%j is %i ms', (text, ms) => {
  expect(readDuration('ttl', text, 30_000)).toBe(ms);
});

it.each(['soon', '0', '0s', '999ms', '25h', '-1s', '10s ', 's', '1e3', '99999999999s', '10x10s'])(
  '%j is no duration',
  (text) => {
    expect(() => readDuration('ttl', text, 30_000)).toThrow('ttl: should be a duration');
  },
);
