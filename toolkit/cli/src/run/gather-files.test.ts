import { gatherFiles } from './gather-files.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('tells files together that change together', () => {
  const told: (readonly string[])[] = [];
  const gathering = gatherFiles((files) => told.push([...files]));
  for (const file of ['a', 'b', 'a']) {
    gathering.note(file);
    jest.advanceTimersByTime(60);
  }
  expect(told).toEqual([]);
  jest.advanceTimersByTime(60);
  gathering.note('c');
  jest.advanceTimersByTime(1_000);
  expect(told).toEqual([['a', 'b'], ['c']]);
  gathering.note('d');
  gathering.close();
  jest.advanceTimersByTime(1_000);
  expect(told).toHaveLength(2);
});

it('tells files that never cease to change', () => {
  const changed = jest.fn();
  const gathering = gatherFiles(changed);
  for (let at = 0; at < 5_000; at += 50) {
    gathering.note('log.txt');
    jest.advanceTimersByTime(50);
  }
  expect(changed.mock.calls.length).toBeGreaterThanOrEqual(3);
});
