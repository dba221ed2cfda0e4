/** A class, as decorators see it. */
export type Class = abstract new (...args: never[]) => object;

/** One decorator of class-validator on one property; the part of its metadata that counts here. */
export interface Rule {
  /** `customValidation` for nearly all; `nestedValidation`, `conditionalValidation` and the like. */
  readonly type: string;
  /** `isString`, `minLength`: which one it is. */
  readonly name?: string;
  readonly propertyName: string;
  readonly constraints?: readonly unknown[];
  readonly constraintCls?: Class;
  /** It holds for each element of a list. */
  readonly each?: boolean;
}

/** Where class-validator keeps its metadata: one for all of its copies in this process. */
export interface RuleStorage {
  readonly hasValidationMetaData: boolean;
  getTargetValidationMetadatas(
    type: Class,
    schema: string,
    always: boolean,
    strict: boolean,
    groups?: readonly string[],
  ): readonly Rule[];
  getTargetValidatorConstraints(type: Class): readonly { readonly async?: boolean }[];
  addValidationMetadata(rule: Rule): void;
}

/** The storage; `undefined` while nobody has loaded class-validator. Looking does not load it. */
export function ruleStorage(): RuleStorage | undefined {
  const { classValidatorMetadataStorage } = globalThis as {
    classValidatorMetadataStorage?: RuleStorage;
  };
  return classValidatorMetadataStorage;
}

/** True if this process has a class with rules. */
export const hasRules = (): boolean => ruleStorage()?.hasValidationMetaData ?? false;

/** The rules of a class and of those that it extends; none for what is no class. */
export function rulesOf(type: unknown): readonly Rule[] {
  if (!isClass(type)) return [];
  return ruleStorage()?.getTargetValidationMetadatas(type, '', false, false) ?? [];
}

/** True for what has a constructor's shape; arrow functions and methods have no prototype. */
export function isClass(value: unknown): value is Class {
  return typeof value === 'function' && isObject(value.prototype);
}

/** True for everything that has properties of its own. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null;

const remembering = Symbol.for('@micro-ts/validation/remembering');

/**
 * Makes class-validator remember which rules a class has. Otherwise it looks through all classes of
 * the process for each object that it checks: 3 µs become 60 with a thousand classes. Rules that are
 * added later count too.
 */
export function rememberRules(): void {
  const storage = ruleStorage();
  if (storage === undefined || remembering in storage) return;
  const find = storage.getTargetValidationMetadatas.bind(storage);
  const add = storage.addValidationMetadata.bind(storage);
  let known = new WeakMap<Class, readonly Rule[]>();
  const remembered: RuleStorage['getTargetValidationMetadatas'] = (type, schema, ...how) => {
    const [always, strict, groups] = how;
    if (always || strict || groups !== undefined || !isClass(type)) {
      return find(type, schema, ...how);
    }
    let rules = known.get(type);
    if (rules === undefined) known.set(type, (rules = find(type, schema, ...how)));
    return rules;
  };
  Object.assign(storage, {
    [remembering]: true,
    getTargetValidationMetadatas: remembered,
    addValidationMetadata: (rule: Rule) => {
      known = new WeakMap();
      add(rule);
    },
  });
}
