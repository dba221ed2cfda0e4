import { MicroError } from 'micro-ts';
import { refusal } from '@micro-ts/edge';

/** The same, and if it fails because a server is away, an error that says which, and no address. */
export async function orAway<T>(what: 'registry' | 'broker', work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof MicroError) || error.code !== 'unavailable') throw error;
    throw refusal('unavailable', `the ${what} cannot be reached`);
  }
}
