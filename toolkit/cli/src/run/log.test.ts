import { PassThrough } from 'node:stream';
import { forPeople } from './log-line.ts';
import { Log } from './log.ts';

const stream = (highWaterMark: number): NodeJS.WriteStream =>
  new PassThrough({ highWaterMark }) as unknown as NodeJS.WriteStream;

describe('Log', () => {
  it('reads no faster than its lines are taken', async () => {
    const out = stream(1_000);
    const log = new Log({ out, err: out }, ['a', 'longer']);
    const source = new PassThrough();
    let lines = 0;
    log.follow('a', source, new PassThrough(), () => lines++);
    for (let n = 0; n < 1_000; n++) source.write(`line ${n}\n`);
    source.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lines).toBeLessThan(200);
    let text = '';
    (out as unknown as PassThrough).on('data', (chunk) => (text += String(chunk)));
    while (lines < 1_000) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(text.split('\n').slice(0, 2)).toEqual(['a      | line 0', 'a      | line 1']);
    expect(text.match(/\n/g)).toHaveLength(1_000);
  });

  it("makes text of Micro's JSON, and leaves other lines alone", () => {
    const line =
      '{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"a b","id":1,"x":"y z"}';
    expect(forPeople(line)).toBe('03:04:05.678 info  a b id=1 x="y z"');
    for (const other of ['hello', '{"time":"', '{"time":"1"}'])
      expect(forPeople(other)).toBe(other);
    const evil =
      '{"time":"2026-11-22T03:04:05.678Z","level":"info","message":"\\u001b]0;x\\u0007"}';
    expect(forPeople(evil)).toBe('03:04:05.678 info  \ufffd]0;x\ufffd');
  });
});
