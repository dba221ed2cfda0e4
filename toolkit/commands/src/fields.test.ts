import { jsonOfFields } from './fields.ts';

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer' },
    ok: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    ids: { type: 'array', items: { type: 'integer' } },
    firstName: { type: 'string' },
    maybe: { anyOf: [{ type: 'number' }, { type: 'null' }] },
    address: { $ref: '#/$defs/Address' },
    extra: { type: 'object' },
  },
  $defs: { Address: { type: 'object', properties: { city: { type: 'string' } } } },
};

describe('members that were typed', () => {
  it('become JSON as the schema says', () => {
    const fields = {
      name: ['007'],
      age: ['12345678901234567890123'],
      ok: ['true'],
      tags: ['a', '1'],
      'first-name': ['Ann'],
      maybe: ['1e400'],
      'address.city': ['Rome'],
      'extra.deep': ['1'],
    };
    expect(jsonOfFields(fields, schema)).toBe(
      '{"name":"007","age":12345678901234567890123,"ok":true,"tags":["a","1"],' +
        '"firstName":"Ann","maybe":1e400,"address":{"city":"Rome"},"extra":{"deep":1}}',
    );
  });

  it('become what they look like where there is no schema', () => {
    const fields = { n: ['10000000000000000001'], t: ['x y'], l: ['1', 'a'], 'a.b': ['null'] };
    expect(jsonOfFields(fields)).toBe(
      '{"n":10000000000000000001,"t":"x y","l":[1,"a"],"a":{"b":null}}',
    );
  });

  it.each([
    [{ ids: ['[1,2]'] }, '{"ids":[1,2]}'],
    [{ ids: ['1'] }, '{"ids":[1]}'],
    [{ tags: ['["a"]'] }, '{"tags":["a"]}'],
    [{ tags: ['[draft]'] }, '{"tags":["[draft]"]}'],
  ])('are a list where there is to be one: %j', (fields, json) => {
    expect(jsonOfFields(fields, schema)).toBe(json);
  });

  it('can have any name', () => {
    const fields = Object.assign(Object.create(null), { ['__proto__']: ['1'], constructor: ['2'] });
    expect(jsonOfFields(fields)).toBe('{"__proto__":1,"constructor":2}');
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it.each([
    [{ nam: ['x'] }, 'Did you mean name?'],
    [{ zzzzzz: ['x'] }, 'It has name, age'],
    [{ age: ['1x'] }, 'age is "1x", and should be a whole number'],
    [{ age: ['1', '2'] }, 'age is one value, and was given 2 times'],
    [{ ok: ['yes'] }, 'should be true or false'],
    [{ 'address.city': ['a'], 'address.town': ['b'] }, 'the request has no address.town'],
  ])('are refused: %j', (fields, message) => {
    expect(() => jsonOfFields(fields, schema)).toThrow(message);
  });
});
