import { MicroError } from 'micro-ts';
import { fieldTree } from './field-tree.ts';
import { addFields, fieldsToJson } from './typed-fields.ts';

const tree = (query: string) => fieldTree(new URLSearchParams(query));

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    times: { type: 'integer' },
    price: { type: ['number', 'null'] },
    loud: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'integer' } },
    colour: { enum: ['red', 7] },
    either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    inner: { $ref: '#/$defs/Inner' },
    any: {},
  },
  additionalProperties: { type: 'number' },
  $defs: {
    Inner: {
      type: 'object',
      properties: { on: { type: 'boolean' }, inner: { $ref: '#/$defs/Inner' } },
    },
  },
};

describe('fields of a query', () => {
  it.each([
    ['name=7', '{"name":"7"}'],
    ['times=12345678901234567890', '{"times":12345678901234567890}'],
    ['price=1.10', '{"price":1.10}'],
    ['price=null', '{"price":null}'],
    ['loud=true', '{"loud":true}'],
    ['tags=1', '{"tags":[1]}'],
    ['tags=1&tags=2', '{"tags":[1,2]}'],
    ['colour=red', '{"colour":"red"}'],
    ['colour=7', '{"colour":7}'],
    ['either=1', '{"either":1}'],
    ['either=one', '{"either":"one"}'],
    ['inner.on=false&inner.inner.on=true', '{"inner":{"on":false,"inner":{"on":true}}}'],
    ['any=1', '{"any":"1"}'],
    ['any=1&any=2', '{"any":["1","2"]}'],
    ['toString=1', '{"toString":1}'],
    ['', '{}'],
  ])('%s becomes %s', (query, json) => {
    expect(fieldsToJson(tree(query), schema)).toBe(json);
  });

  it.each([
    ['times=1.5', 'times should be integer'],
    ['times=1&times=2', 'times should be given once'],
    ['times=0x10', 'times should be integer'],
    ['loud=yes', 'loud should be boolean'],
    ['tags=a', 'tags should be integer'],
    ['colour=blue', 'colour should be red or 7'],
    ['inner=1', 'inner should be object'],
    ['inner.on=1', 'inner.on should be boolean'],
    ['other=x', 'other should be number'],
    ['a=1&a.b=2', 'field "a.b" makes no sense'],
    ['a.b=2&a=1', 'field "a" makes no sense'],
    ['a..b=2', 'field "a..b" makes no sense'],
    ['a.__proto__.b=2', 'field "a.__proto__.b" makes no sense'],
    ['constructor.prototype.b=2', 'field "constructor.prototype.b" makes no sense'],
    [`${'a.'.repeat(20)}b=1`, 'makes no sense'],
    ['a=1&'.repeat(1_001), 'more than 1000 fields'],
  ])('%.20s is refused', (query, text) => {
    expect(() => fieldsToJson(tree(query), schema)).toThrow(text);
    expect(() => fieldsToJson(tree(query), schema)).toThrow(MicroError);
  });

  it('are added to a body, all of which stays as it was', () => {
    const body = '{ "big": 12345678901234567890.0, "inner": {"on": true, "x": 1.0}, "name": "a" }';
    const fields = tree('inner.on=false&inner.inner.on=true&name=b&times=3');
    const kept = '{"big":12345678901234567890.0,"inner":{"on":true,"x":1.0,"inner":{"on":true}}';
    expect(addFields(body, fields, schema, false)).toBe(`${kept},"name":"a","times":3}`);
    const changed =
      '{"big":12345678901234567890.0,"inner":{"on":false,"x":1.0,"inner":{"on":true}}';
    expect(addFields(body, fields, schema, true)).toBe(`${changed},"name":"b","times":3}`);
  });
});
