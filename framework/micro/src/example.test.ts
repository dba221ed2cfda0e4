import { z } from 'zod';
import { exampleOf } from './example.ts';

describe('exampleOf', () => {
  const schemas = {
    'a name': z.object({ name: z.string().min(2).max(50) }),
    numbers: z.object({
      a: z.int().min(3),
      b: z.number().gt(0.5),
      c: z.number().multipleOf(5),
      d: z.int().max(0),
    }),
    texts: z.object({
      mail: z.email(),
      id: z.uuid(),
      at: z.iso.datetime(),
      long: z.string().min(9),
    }),
    choices: z.object({ colour: z.enum(['red', 'blue']), kind: z.literal('x') }),
    nested: z.object({ list: z.array(z.object({ n: z.int() })).min(2), yes: z.boolean() }),
    unions: z.object({ either: z.union([z.string(), z.number()]), maybe: z.string().nullable() }),
  };

  it.each(Object.entries(schemas))('fits %s', (_what, schema) => {
    const json = z.toJSONSchema(schema, { target: 'draft-2020-12' });
    const value = exampleOf(json);
    expect(schema.safeParse(value)).toEqual({ success: true, data: value });
  });

  it('leaves out what need not be there', () => {
    const schema = z.object({ name: z.string(), age: z.int().optional() });
    expect(exampleOf(z.toJSONSchema(schema))).toEqual({ name: 'Ann' });
  });

  it('prefers what the schema itself shows', () => {
    const schema = { type: 'object', required: ['a'], properties: { a: { examples: ['x'] } } };
    expect(exampleOf(schema)).toEqual({ a: 'x' });
  });

  it('ends with schemas that contain themselves', () => {
    const tree = {
      $defs: {
        Tree: { type: 'object', required: ['of'], properties: { of: { $ref: '#/$defs/Tree' } } },
      },
      $ref: '#/$defs/Tree',
    };
    expect(JSON.stringify(exampleOf(tree)).length).toBeLessThan(100);
    const list = { type: 'array', minItems: 1e9, items: { type: 'null' } };
    expect(exampleOf(list)).toHaveLength(3);
  });

  it('makes something of what it does not know', () => {
    expect(exampleOf({})).toBeNull();
    expect(exampleOf({ $ref: 'https://example.com/x.json' })).toBeNull();
    expect(exampleOf({ $ref: '#/__proto__/x', type: 'string' })).toBe('text');
  });
});
