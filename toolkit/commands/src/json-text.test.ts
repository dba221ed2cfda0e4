import { compactJson, indentJson, isJsonNumber } from './json-text.ts';

describe('JSON as text', () => {
  it('is indented as Go does it', () => {
    expect(indentJson('{"a":[1,{}],"b":{"c":[]},"d":"x:{,}\\""}')).toBe(
      '{\n\t"a": [\n\t\t1,\n\t\t{}\n\t],\n\t"b": {\n\t\t"c": []\n\t},\n\t"d": "x:{,}\\""\n}',
    );
  });

  it('keeps every number', () => {
    expect(compactJson('{ "n" : 12345678901234567890.10 }')).toBe('{"n":12345678901234567890.10}');
  });

  it.each([
    [null],
    ['\u2028 "quoted" \\ \n {[,:]}'],
    [[[], [[]], {}, [{}], '', 0]],
    [{ a: { b: [1, { c: 'd' }] }, '': [], 'x y': -1.5e-7, '"': true }],
  ])('stays the same value, however it is written: %j', (value) => {
    const text = JSON.stringify(value);
    expect(compactJson(JSON.stringify(value, undefined, 3))).toBe(text);
    expect(compactJson(indentJson(text))).toBe(text);
    expect(indentJson(text)).toBe(JSON.stringify(value, undefined, '\t'));
  });

  it.each(['0', '-1', '1.5', '1e10', '123456789012345678901234567890'])('%s is a number', (text) =>
    expect(isJsonNumber(text)).toBe(true),
  );
  it.each(['', '01', '1.', '.5', '+1', 'NaN', '0x1', '1n'])('%j is no number', (text) =>
    expect(isJsonNumber(text)).toBe(false),
  );
});
