// Members that several commands have in their input.
import { parseDuration } from 'micro-ts/words';
import * as v from 'valibot';

/**
 * A duration in ms: a number, or a text such as `500`, `500ms`, `2s`, `1m30s`.
 * @param orNone 0 will do too
 */
export const duration = (description: string, orNone = false) =>
  v.pipe(
    v.union([v.number(), v.string()]),
    v.description(description),
    v.transform((given) => parseDuration(String(given), 1) ?? NaN),
    v.check(
      (ms) => ms > 0 || (orNone && ms === 0),
      'should be a time above 0, such as 500ms, 2s or 1m',
    ),
  );

/** A whole number above 0, or a text of one. */
export const count = (description: string) =>
  v.pipe(
    v.union([v.number(), v.string()]),
    v.description(description),
    v.transform(Number),
    v.check((n) => Number.isSafeInteger(n) && n > 0, 'should be a whole number above 0'),
  );

/** A name that is not empty. */
export const named = (description: string, missing: string) =>
  v.pipe(v.string(missing), v.description(description), v.nonEmpty(missing));

/** Words of JSON, as a shell has split them. */
export const jsonWords = (description: string) =>
  v.optional(v.pipe(v.array(v.string()), v.description(description)), []);

/** Texts by their names, or `name=value` pairs. */
export const pairs = (description: string) =>
  v.pipe(
    v.union([v.array(v.string()), v.record(v.string(), v.string())]),
    v.description(description),
    v.check(
      (given) => !Array.isArray(given) || given.every((pair) => pair.indexOf('=') > 0),
      'should be name=value',
    ),
    v.transform((given) =>
      Array.isArray(given)
        ? Object.fromEntries(
            given.map((pair) => {
              const at = pair.indexOf('=');
              return [pair.slice(0, at), pair.slice(at + 1)] as const;
            }),
          )
        : given,
    ),
  );

/** What `OpenMembers` collect. */
export const openMembers = v.optional(v.record(v.string(), v.array(v.string())), {});
