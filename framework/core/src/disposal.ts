const symbols = [Symbol.asyncDispose, Symbol.dispose];
const names = ['close', 'dispose'];

/**
 * How a value is let go of, if it says so: `[Symbol.asyncDispose]`, `[Symbol.dispose]`, or a `close` or
 * `dispose` that takes no parameters; one that takes some closes something else.
 */
export function disposalOf(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
    return undefined;
  for (const key of [...symbols, ...names]) {
    if (key === undefined) continue;
    const method: unknown = Reflect.get(value, key);
    if (typeof method !== 'function') continue;
    if (typeof key === 'symbol' || method.length === 0) return () => method.call(value) as unknown;
  }
  return undefined;
}
