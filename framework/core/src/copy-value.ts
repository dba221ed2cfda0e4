import { MicroError } from '@micro-ts/interface';

/** Deeper than this is taken for a cycle. */
const deepest = 1_000;

/**
 * A copy of a value as JSON would bring it to another process: no shared identity, a Date as its ISO
 * text, a bigint as its digits, nested bytes as base64; what JSON cannot say is left out. So a call
 * within one app and a call over the wire cannot be told apart. A message that is bytes stays bytes.
 */
export function copyValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value);
  return copy(value, 0) ?? {};
}

/** A copy of what stands inside of a message: `undefined` where JSON leaves it out. */
export function copyInside(value: unknown): unknown {
  return copy(value, 0);
}

function copy(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value + 0 : null; // + 0: JSON has no minus zero
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? null : copyObject(value, depth);
    default:
      return undefined;
  }
}

function copyObject(value: object, depth: number): unknown {
  if (depth > deepest) throw new MicroError('invalid_argument', 'the value refers to itself');
  if (Array.isArray(value)) return Array.from(value, (each) => copy(each, depth + 1) ?? null);
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
  const own = (value as { toJSON?: unknown }).toJSON;
  if (typeof own === 'function') return copy(own.call(value), depth + 1);
  const copied: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === '__proto__') continue;
    const each = copy((value as Record<string, unknown>)[key], depth + 1);
    if (each === undefined || (key === 'constructor' && reachesPrototype(each))) continue;
    copied[key] = each;
  }
  return copied;
}

/** Whether a `constructor` would lead whoever merges it to the prototype of all objects. */
export const reachesPrototype = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
