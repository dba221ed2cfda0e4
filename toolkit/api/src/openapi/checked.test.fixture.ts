import { Validator } from '@seriousme/openapi-schema-validator';
import { openApiOf } from './index.ts';
import type { OpenApiOptions } from './index.ts';

/** JSON, for tests that reach into it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- its shape is what the tests are about
export type Json = any;

/** A document that is valid OpenAPI 3.1, and whose references all lead somewhere. */
export async function checkedDocument(
  directory: Parameters<typeof openApiOf>[0],
  options?: OpenApiOptions,
): Promise<Json> {
  const document = JSON.parse(JSON.stringify(openApiOf(directory, options))) as Json;
  await expectValid(document);
  return document;
}

// Made once: it compiles the schema of OpenAPI, and keeps that.
const validator = new Validator();

/** Fails if a document is not valid. */
export async function expectValid(document: Json): Promise<void> {
  const { valid, errors } = await validator.validate(structuredClone(document) as Json);
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  expect(validator.version).toBe('3.1');
  expect(refsOf(document).filter((ref) => at(document, ref) === undefined)).toEqual([]);
}

function refsOf(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(refsOf);
  if (typeof value !== 'object' || value === null) return [];
  const own = typeof value.$ref === 'string' ? [value.$ref as string] : [];
  return [...own, ...Object.values(value).flatMap(refsOf)];
}

/** What a reference leads to. */
export function at(document: Json, ref: string): Json {
  if (!ref.startsWith('#/')) return undefined;
  return ref
    .slice(2)
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((value: Json, key) => value?.[key], document);
}
