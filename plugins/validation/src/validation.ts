import type { Schema, Validation } from '@micro-ts/interface';
import { hasRules, isClass, rulesOf } from './rules.ts';
import type { Class } from './rules.ts';

/** The role. Schemas of classes are made once: several handlers may take the same class. */
export function createValidation(): Validation {
  const schemas = new WeakMap<Class, Promise<Schema>>();
  return {
    async schemaOf(type) {
      if (!isClass(type) || rulesOf(type).length === 0) return undefined;
      let schema = schemas.get(type);
      if (schema === undefined) {
        schema = import('./class-schema.ts').then((module) => module.createClassSchema(type));
        schemas.set(type, schema);
      }
      return schema;
    },
    describe: async (schema, side) => (await import('./describe.ts')).describeSchema(schema, side),
    inUse: hasRules,
  };
}
