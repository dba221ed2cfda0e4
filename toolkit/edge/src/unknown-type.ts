import { MicroError } from 'micro-ts';
import { HttpRefusal } from './refusal.ts';

/**
 * Throws an error of a call; for the word of a service that it does not read the content type of its
 * request, which no record tells beforehand, with the status 415.
 */
export function throwUnknownType(error: unknown): never {
  if (error instanceof MicroError && error.code === 'invalid_argument')
    if (error.message.startsWith('unknown content type '))
      throw new HttpRefusal(415, error.message);
  throw error;
}
