import type { JsonSchema, Schema } from '@micro-ts/interface';
import { importHidden } from './libraries.ts';
import { isObject } from './rules.ts';

type Side = 'input' | 'output';
type Convert = (schema: Schema, options: Readonly<Record<string, unknown>>) => unknown;

/**
 * JSON Schema of a schema that does not bring its own, by the converter of its library: valibot's is
 * a package of its own, zod has one since version 4. `undefined` if there is none.
 */
export async function describeSchema(schema: Schema, side: Side): Promise<JsonSchema | undefined> {
  const { vendor, jsonSchema } = schema['~standard'];
  if (jsonSchema !== undefined) return jsonSchema[side]({ target: 'draft-2020-12' });
  if (vendor === 'valibot') return fromValibot(schema, side);
  if (vendor === 'zod' && '_zod' in schema) return fromZod(schema, side);
  return undefined;
}

async function fromValibot(schema: Schema, side: Side): Promise<JsonSchema | undefined> {
  const convert = await converter('@valibot/to-json-schema', 'toJsonSchema');
  // What JSON cannot say, such as Date, may be anything.
  return asSchema(convert?.(schema, { ...draft, typeMode: side, errorMode: 'ignore' }));
}

async function fromZod(schema: Schema, side: Side): Promise<JsonSchema | undefined> {
  const name = 'toJSONSchema';
  const convert = (await converter('zod', name)) ?? (await converter('zod/v4', name));
  return asSchema(convert?.(schema, { ...draft, io: side, unrepresentable: 'any' }));
}

const draft = { target: 'draft-2020-12' } as const;

async function converter(library: string, name: string): Promise<Convert | undefined> {
  try {
    const found = (await importHidden(library)) as Readonly<Record<string, unknown>>;
    return typeof found[name] === 'function' ? (found[name] as Convert) : undefined;
  } catch {
    return undefined; // not installed
  }
}

function asSchema(value: unknown): JsonSchema | undefined {
  return isObject(value) ? { ...value } : undefined;
}
