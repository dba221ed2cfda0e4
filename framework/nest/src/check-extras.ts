import { ConfigError } from 'micro-ts';

type Check = readonly [fits: (value: unknown) => boolean, what: string];

const isText: Check = [(value) => typeof value === 'string', 'a text'];
const isBoolean: Check = [(value) => typeof value === 'boolean', 'true or false'];
const oneOf = (...words: readonly unknown[]): Check => [
  (value) => words.includes(value),
  words.map((word) => `'${String(word)}'`).join(' or '),
];

const numberFrom = (least: number): Check => [
  (value) => typeof value === 'number' && value >= least,
  `a number from ${least} on`,
];

/** What is ours of what can stand beside a pattern, as far as core does not check it. */
const checks: ReadonlyMap<string, Check> = new Map([
  ['stream', oneOf('server', 'client', 'bidi')],
  ['idempotent', isBoolean],
  ['internal', isBoolean],
  ['timeout', numberFrom(1)],
  ['http', isText],
  ['queue', isText],
  ['delivery', oneOf('at-most-once', 'at-least-once')],
  ['attempts', numberFrom(1)],
  ['concurrency', numberFrom(1)],
]);

/**
 * Checks what stands beside a pattern, which Nest types as anything.
 * @throws ConfigError that names the pattern and what should stand there
 */
export function checkExtras(pattern: string, extras: object): void {
  for (const [name, value] of Object.entries(extras)) {
    const [fits, what] = checks.get(name) ?? [() => true, ''];
    if (value === undefined || fits(value)) continue;
    const given = typeof value === 'string' ? `'${value}'` : String(value);
    throw new ConfigError(`pattern ${pattern}`, `${name} is ${given}, and should be ${what}`);
  }
}
