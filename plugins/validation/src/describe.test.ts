import type { Schema } from '@micro-ts/interface';
import * as v from 'valibot';
import { z } from 'zod';
import { describeSchema } from './describe.ts';

/** The schema of a zod that did not yet describe itself. */
function older(schema: z.ZodType): Schema {
  const { version, vendor, validate } = schema['~standard'];
  return Object.create(schema, {
    '~standard': { value: { version, vendor, validate } },
  }) as Schema;
}

const valibot = v.object({
  name: v.pipe(v.string(), v.minLength(2)),
  tags: v.optional(v.array(v.string()), []),
  at: v.pipe(
    v.string(),
    v.transform((text) => new Date(text)),
    v.date(),
  ),
  id: v.pipe(
    v.string(),
    v.transform((text) => BigInt(text)),
    v.bigint(),
  ),
  place: v.object({ zip: v.string() }),
});

const zod = z.object({
  name: z.string().min(2),
  tags: z.array(z.string()).default([]),
  at: z.coerce.date(),
  id: z.bigint(),
  place: z.object({ zip: z.string() }),
});

describe('JSON Schema of other libraries', () => {
  it('comes from the converter of valibot', async () => {
    const input = await describeSchema(valibot, 'input');
    expect(input).toMatchObject({
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 2 },
        tags: { type: 'array', items: { type: 'string' } },
        at: { type: 'string' },
        id: { type: 'string' },
        place: { type: 'object', properties: { zip: { type: 'string' } }, required: ['zip'] },
      },
      required: ['name', 'at', 'id', 'place'],
    });
    const output = await describeSchema(valibot, 'output');
    expect(output?.['properties']).toMatchObject({ at: {}, id: {}, tags: { type: 'array' } });
  });

  it('comes from an older zod by its converter', async () => {
    const schema = older(zod);
    expect(schema['~standard'].jsonSchema).toBeUndefined();
    expect(await describeSchema(schema, 'input')).toMatchObject({
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 2 },
        tags: { type: 'array', items: { type: 'string' } },
        at: {},
        id: {},
        place: { type: 'object', properties: { zip: { type: 'string' } } },
      },
      required: expect.not.arrayContaining(['tags']),
    });
    expect((await describeSchema(schema, 'output'))?.['required']).toContain('tags');
  });

  it('is what the schema itself says, if it does', async () => {
    const schema = z.object({ name: z.string() }) as Schema;
    expect(await describeSchema(schema, 'input')).toMatchObject({
      properties: { name: { type: 'string' } },
    });
  });

  it('is undefined for what nobody can describe', async () => {
    const schema: Schema = {
      '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) },
    };
    expect(await describeSchema(schema, 'input')).toBeUndefined();
    const zod3: Schema = { '~standard': { ...schema['~standard'], vendor: 'zod' } };
    expect(await describeSchema(zod3, 'input')).toBeUndefined();
  });
});

describe('values of other libraries', () => {
  const value = {
    name: 'Ann',
    at: '2026-01-02T03:04:05.000Z',
    id: '12345678901234567890',
    place: { zip: '12345' },
  };
  const outcome = {
    name: 'Ann',
    tags: [],
    at: new Date('2026-01-02T03:04:05.000Z'),
    id: 12345678901234567890n,
    place: { zip: '12345' },
  };
  const schemas: [string, Schema][] = [
    ['zod', zod.extend({ id: z.coerce.bigint() }) as Schema],
    ['valibot', valibot as Schema],
  ];

  it.each(schemas)('of %s are checked by the same interface', async (_name, schema) => {
    expect(await schema['~standard'].validate(value)).toMatchObject({ value: outcome });
    const bad = await schema['~standard'].validate({ ...value, place: { zip: 5 } });
    const [issue] = bad.issues ?? [];
    const path = issue?.path?.map((step) => (typeof step === 'object' ? step.key : step));
    expect(path).toEqual(['place', 'zip']);
  });
});
