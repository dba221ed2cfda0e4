import type { JsonSchema, Schema, SchemaIssue, SchemaResult } from '@micro-ts/interface';
import { describeClass } from './class-json-schema.ts';
import { createFields, reachableFrom } from './fields.ts';
import type { Field } from './fields.ts';
import { issuesOf } from './issues.ts';
import { loadLibraries } from './libraries.ts';
import type { Libraries } from './libraries.ts';
import { isObject, rememberRules, ruleStorage, rulesOf } from './rules.ts';
import type { Class } from './rules.ts';
import { checkShape } from './shape.ts';

type Fields = (type: unknown) => readonly Field[];

/** What class-validator is told: keys without rules vanish, objects without rules are refused. */
const options = {
  whitelist: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: false },
} as const;

/**
 * A Standard Schema of a class with rules of class-validator: plain values become instances of it,
 * checked by its rules.
 * @throws ConfigError if a library is missing, or a property is declared so that nothing can pass.
 */
export async function createClassSchema(type: Class): Promise<Schema> {
  const libraries = await loadLibraries();
  rememberRules();
  const fieldsOf = createFields(libraries);
  const classes = reachableFrom(type, fieldsOf);
  const late = [...classes].some((each) =>
    fieldsOf(each).some((field) => isLate(field, libraries)),
  );
  let described: JsonSchema | undefined;
  const jsonSchema = (): Record<string, unknown> =>
    structuredClone((described ??= describeClass(type, fieldsOf)));
  return {
    '~standard': {
      version: 1,
      vendor: 'class-validator',
      validate: createCheck(type, fieldsOf, libraries, late),
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  };
}

function createCheck(
  type: Class,
  fieldsOf: Fields,
  { transformer, validator }: Libraries,
  late: boolean,
): (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  const create = type as new () => object;
  const shaped = [...reachableFrom(type, fieldsOf)].some((each) => fieldsOf(each).some(hasShape));
  return (value) => {
    if (!isObject(value) || Array.isArray(value))
      return failure([{ message: 'must be an object' }]);
    let instance: object;
    try {
      instance = transformer.plainToInstance(create, value);
    } catch {
      return failure([{ message: 'invalid value', path: culprit(create, value, transformer) }]);
    }
    const issues = shaped ? checkShape(instance, fieldsOf) : [];
    if (issues.length > 0) return failure(issues);
    if (!late) return outcome(instance, validator.validateSync(instance, options));
    return validator.validate(instance, options).then((errors) => outcome(instance, errors));
  };
}

function outcome(value: object, errors: Parameters<typeof issuesOf>[0]): SchemaResult<unknown> {
  return errors.length === 0 ? { value } : failure(issuesOf(errors));
}

const failure = (issues: readonly SchemaIssue[]): SchemaResult<unknown> => ({ issues });

/** The property whose `@Transform` throws, as far as one alone can be told. */
function culprit(
  type: new () => object,
  value: object,
  { plainToInstance }: Libraries['transformer'],
): readonly string[] {
  const keys = new Set(rulesOf(type).map(({ propertyName }) => propertyName));
  for (const key of Object.keys(value).filter((each) => keys.has(each))) {
    try {
      plainToInstance(type, { [key]: (value as Record<string, unknown>)[key] });
    } catch {
      return [key];
    }
  }
  return [];
}

const hasShape = ({ list, nested, types }: Field): boolean =>
  nested || list !== 'maybe' || types.includes(BigInt);

/** The answer of one of its rules may be a promise, or cannot be foretold. */
function isLate({ rules, nested, dynamic }: Field, { builtIn }: Libraries): boolean {
  if (nested && dynamic) return true;
  return rules.some(({ type, name, constraintCls }) => {
    if (type === 'promiseValidation') return true;
    if (type !== 'customValidation') return false;
    const checks = constraintCls && ruleStorage()?.getTargetValidatorConstraints(constraintCls);
    return !builtIn.has(name) || (checks ?? []).some((check) => check.async === true);
  });
}
