/**
 * Names that JavaScript itself asks an object for. A client that had them would pass for a promise, or
 * be called when it is printed, so no handler is called like that.
 */
export const unreachable = ['then', 'catch', 'finally', 'toJSON', 'constructor'] as const;

/** One of {@link unreachable}. */
export type Unreachable = (typeof unreachable)[number];

/** True for names that no handler can have, as `then`: a client answers `undefined` to them. */
export function isUnreachable(name: string): boolean {
  return (unreachable as readonly string[]).includes(name) || name.startsWith('__');
}
