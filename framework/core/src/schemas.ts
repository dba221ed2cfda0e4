import { ConfigError, MicroError } from '@micro-ts/interface';
import type { JsonSchema, Schema, SchemaIssue, Validation } from '@micro-ts/interface';

/** Checks a value: returns it, changed as the schema says. Throws `invalid_argument`. */
export type Check = (value: unknown) => unknown;

/** A schema that a handler was given, made ready at boot. */
export interface Checked {
  readonly check: Check;
  readonly input: JsonSchema | undefined;
  readonly output: JsonSchema | undefined;
}

/**
 * Makes ready what stands in `request:`, `response:` or `event:`: a Standard Schema, or a class that
 * the validation plugin knows.
 * @param where for errors: `Greeter.hello request`
 * @throws ConfigError if it is neither
 */
export async function prepareSchema(
  type: unknown,
  where: string,
  validation: Validation | undefined,
): Promise<Checked> {
  const schema = isSchema(type) ? type : await validation?.schemaOf(type);
  if (schema === undefined) throw unknownSchema(type, where);
  return {
    check: checkOf(schema),
    input: await describe(schema, 'input', validation),
    output: await describe(schema, 'output', validation),
  };
}

export function isSchema(type: unknown): type is Schema {
  const holder = typeof type === 'function' || (typeof type === 'object' && type !== null);
  return holder && '~standard' in type;
}

function checkOf(schema: Schema): Check {
  const { validate } = schema['~standard'];
  return (value) => {
    const result = validate(value);
    if (result instanceof Promise) return result.then(outcome);
    return outcome(result);
  };
}

function outcome(result: Awaited<ReturnType<Schema['~standard']['validate']>>): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, 10).map(readable);
  const text = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new MicroError('invalid_argument', text.join('; '), { details: { issues } });
}

const readable = ({ message, path = [] }: SchemaIssue): { path: string; message: string } => ({
  path: path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.'),
  message,
});

async function describe(
  schema: Schema,
  side: 'input' | 'output',
  validation: Validation | undefined,
): Promise<JsonSchema | undefined> {
  const own = schema['~standard'].jsonSchema;
  try {
    // Libraries refuse types that JSON lacks, such as Date, unless told to let them be anything.
    const libraryOptions = { unrepresentable: 'any' };
    if (own !== undefined) return own[side]({ target: 'draft-2020-12', libraryOptions });
    return await validation?.describe(schema, side);
  } catch {
    return undefined;
  }
}

function unknownSchema(type: unknown, where: string): ConfigError {
  const name = typeof type === 'function' ? type.name : String(type);
  return new ConfigError(
    where,
    `${name} is neither a Standard Schema nor a class with validation rules`,
    'Use a schema of zod, valibot or arktype, a class with class-validator decorators, or unchecked.',
  );
}
