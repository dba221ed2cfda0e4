import type { Role, Roles } from '@micro-ts/interface';
import type { Class } from './class.ts';

/**
 * Stands for a value that has no class to be asked for by: an interface, a function, a number.
 * @example
 * export const clock = token<() => number>('clock');
 * // in a constructor: @Inject(clock) private readonly now: () => number
 */
export class Token<T> {
  /** For error messages. Two tokens of one name are two tokens. */
  readonly name: string;
  /** For types only. */
  declare readonly '~type'?: T;
  readonly #token = true;

  constructor(name: string) {
    this.name = name;
  }

  /** True for what {@link token} made; a class has a name too. */
  static is(value: unknown): value is Token<unknown> {
    return typeof value === 'object' && value !== null && #token in value && value.#token;
  }
}

/** Makes a {@link Token}. */
export function token<T>(name: string): Token<T> {
  return new Token(name);
}

/** What can be injected by: a class, abstract or not, or a token. */
export type InjectionToken = Class | Token<unknown>;

/** Type of what a token stands for. */
export type InjectedBy<K> = K extends Token<infer T> ? T : K extends Class<infer T> ? T : never;

const roles = new Map<string, Token<unknown>>();

/**
 * The token of a role, so that a class can be given the app's registry, broker or whatever plays it.
 * @example constructor(@Inject(role('registry')) private readonly registry: Registry) {}
 */
export function role<R extends Role>(name: R): Token<Roles[R]['is']> {
  let found = roles.get(name);
  if (found === undefined) {
    found = token(`role('${name}')`);
    roles.set(name, found);
  }
  return found as Token<Roles[R]['is']>;
}

/** For error messages. */
export function nameOfToken(token: unknown): string {
  if (typeof token === 'function') return token.name === '' ? 'a class without a name' : token.name;
  return Token.is(token) ? token.name : String(token);
}
