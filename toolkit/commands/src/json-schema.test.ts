import { membersOf } from './json-schema.ts';

const text = { type: 'string' };

describe('the members of an object', () => {
  it('are also those of what it is made of', () => {
    const members = membersOf({
      allOf: [{ $ref: '#/$defs/a~1person' }, { properties: { loud: { type: 'boolean' } } }],
      properties: { at: { allOf: [{ properties: { city: text } }] } },
      $defs: { 'a/person': { properties: { name: text }, required: ['name'] } },
    });
    expect(members.map(({ path, kind, required }) => [path, kind, required])).toEqual([
      ['name', 'text', true],
      ['loud', 'boolean', false],
      ['at.city', 'text', false],
    ]);
  });

  it('are found in no time where a schema is made of itself many times', () => {
    const parts = Array.from({ length: 1_000 }, () => ({ $ref: '#/$defs/self' }));
    const self = { allOf: parts, properties: { name: text, self: { $ref: '#/$defs/self' } } };
    const members = membersOf({ $ref: '#/$defs/self', $defs: { self } });
    expect(members.map(({ path }) => path).slice(0, 2)).toEqual(['name', 'self.name']);
  });
});
