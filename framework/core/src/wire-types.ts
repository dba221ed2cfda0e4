type Function = (...args: never[]) => unknown;

/** What JSON leaves as it is. */
type Plain = string | number | boolean | null | undefined;

/** What JSON writes as `{}`. */
type Opaque = ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | RegExp | Error;

/** Keys that survive: neither symbols nor those of methods. */
type DataKey<T, K extends keyof T> = K extends symbol
  ? never
  : Exclude<T[K], undefined> extends Function | symbol
    ? never
    : K;

/** `true` for `any` and nothing else. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/**
 * What becomes of a value on its way through JSON: a Date is its ISO text, a bigint its digits, bytes
 * are base64, `toJSON` is honoured; functions and symbols are gone. Names and places of the properties
 * stay, so an editor still finds and renames them.
 */
export type Wire<T> = IsAny<T> extends true ? T : Written<T>;

type Written<T> = T extends Plain
  ? T
  : T extends bigint | Uint8Array
    ? string
    : T extends { toJSON(...args: never[]): infer J }
      ? Inside<J>
      : Inside<T>;

type Inside<T> = T extends Plain
  ? T
  : T extends Function | symbol
    ? never
    : T extends Opaque
      ? Record<string, never>
      : T extends readonly unknown[]
        ? { [K in keyof T]: Wire<T[K]> }
        : T extends object
          ? { [K in keyof T as DataKey<T, K>]: Wire<T[K]> }
          : T;

/**
 * What may be sent where `T` is expected: `T` itself or what its parts look like in JSON, so a Date or
 * its text, bytes or their base64. The methods of a class need not be there.
 */
export type Sendable<T> = IsAny<T> extends true ? T : Given<T>;

type Given<T> = T extends Plain
  ? T
  : T extends bigint | Uint8Array
    ? T | string
    : T extends { toJSON(...args: never[]): infer J }
      ? T | J
      : T extends Function | symbol
        ? never
        : T extends readonly unknown[]
          ? { [K in keyof T]: Sendable<T[K]> }
          : T extends object
            ? { [K in keyof T as DataKey<T, K>]: Sendable<T[K]> }
            : T;

/** A message as its receiver gets it. One that is nothing but bytes stays bytes. */
export type Received<T> = T extends Uint8Array ? Uint8Array : Wire<T>;

/** A message as its sender may give it. */
export type Sent<T> = T extends Uint8Array ? T : Sendable<T>;
