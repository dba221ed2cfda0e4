import type { JsonSchema } from '@micro-ts/interface';

type Describe = (first: unknown, second: unknown) => JsonSchema;

const text = (format?: string): Describe => {
  const schema = format === undefined ? { type: 'string' } : { type: 'string', format };
  return () => schema;
};

/** What the rules of class-validator mean, by their names. Those that are not here are not said. */
const described: Readonly<Record<string, Describe>> = {
  // Types.
  isString: text(),
  isNumber: () => ({ type: 'number' }),
  isInt: () => ({ type: 'integer' }),
  isBoolean: () => ({ type: 'boolean' }),
  isDate: text('date-time'),
  isObject: () => ({ type: 'object' }),
  isNotEmptyObject: () => ({ type: 'object', minProperties: 1 }),
  isArray: () => ({ type: 'array' }),
  isEnum: (entity, values) => ({ enum: Array.isArray(values) ? values : valuesOf(entity) }),
  isIn: (values) => ({ enum: valuesOf(values) }),
  equals: (value) => ({ const: value }),
  // Numbers.
  min: (least) => ({ minimum: least }),
  max: (most) => ({ maximum: most }),
  isPositive: () => ({ exclusiveMinimum: 0 }),
  isNegative: () => ({ exclusiveMaximum: 0 }),
  isDivisibleBy: (divisor) => ({ multipleOf: divisor }),
  // Text.
  minLength: (least) => ({ type: 'string', minLength: least }),
  maxLength: (most) => ({ type: 'string', maxLength: most }),
  isLength: (least, most) => ({ type: 'string', ...given('minLength', least, 'maxLength', most) }),
  matches: (pattern, flags) => ({ type: 'string', ...patternOf(pattern, flags) }),
  contains: (part) => ({
    type: 'string',
    pattern: String(part).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
  }),
  isEmail: text('email'),
  isUrl: text('uri'),
  isUuid: text('uuid'),
  isFqdn: text('hostname'),
  isIp: (version) =>
    (/^[46]$/.test(String(version)) ? text(`ipv${String(version)}`) : text())('', ''),
  isIso8601: text('date-time'),
  isDateString: text('date-time'),
  isRFC3339: text('date-time'),
  isBase64: () => ({ type: 'string', contentEncoding: 'base64' }),
  isJson: () => ({ type: 'string', contentMediaType: 'application/json' }),
  isAlpha: text(),
  isAlphanumeric: text(),
  isNumberString: text(),
  isBooleanString: () => ({ type: 'string', enum: ['true', 'false', '1', '0'] }),
  isHexadecimal: text(),
  isHexColor: text(),
  isJwt: text(),
  isLowercase: text(),
  isUppercase: text(),
  isMobilePhone: text(),
  isPhoneNumber: text(),
  isMongoId: () => ({ type: 'string', pattern: '^[0-9a-fA-F]{24}$' }),
  isSemVer: text(),
  isStrongPassword: text(),
  isTimeZone: text(),
  // Lists.
  arrayMinSize: (least) => ({ type: 'array', minItems: least }),
  arrayMaxSize: (most) => ({ type: 'array', maxItems: most }),
  arrayNotEmpty: () => ({ type: 'array', minItems: 1 }),
  arrayUnique: () => ({ type: 'array', uniqueItems: true }),
};

/** The JSON Schema of one rule; empty if JSON Schema has no words for it. */
export function describeRule(name = '', constraints: readonly unknown[] = []): JsonSchema {
  const describe = Object.hasOwn(described, name) ? described[name] : undefined;
  return describe?.(constraints[0], constraints[1]) ?? {};
}

const given = (a: string, first: unknown, b: string, second: unknown): JsonSchema => ({
  ...(typeof first === 'number' && { [a]: first }),
  ...(typeof second === 'number' && { [b]: second }),
});

/** The values of an enum without the names that TypeScript adds to numbers. */
function valuesOf(entity: unknown): readonly unknown[] {
  if (Array.isArray(entity)) return entity;
  if (typeof entity !== 'object' || entity === null) return [];
  return Object.entries(entity)
    .filter(([key]) => Number.isNaN(Number(key)))
    .map(([, value]: [string, unknown]) => value);
}

/** JSON Schema knows no flags. */
function patternOf(pattern: unknown, flags: unknown): JsonSchema {
  const source = pattern instanceof RegExp ? pattern.source : pattern;
  const all = `${pattern instanceof RegExp ? pattern.flags : ''}${String(flags ?? '')}`;
  return typeof source === 'string' && !/[ims]/.test(all) ? { pattern: source } : {};
}
