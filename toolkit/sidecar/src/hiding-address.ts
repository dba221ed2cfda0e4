import { MicroError } from 'micro-ts';
import { refusal } from '@micro-ts/edge';

/** The same; where the work fails because a server is away, the error says which, and no address. */
export async function hidingAddress<T>(what: 'registry' | 'broker', work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof MicroError) || error.code !== 'unavailable') throw error;
    throw refusal('unavailable', `the ${what} cannot be reached`);
  }
}
