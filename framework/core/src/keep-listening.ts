import type { Listener } from '@micro-ts/interface';
import { keep } from './keep.ts';
import type { KeepListener, Kept } from './keep.ts';

/**
 * Listens, and again at the same address when the listener is lost: that is how callers know the node.
 * @param opened told of each listener, the first one among them
 * @throws what the first attempt fails with, which is the boot's affair
 */
export async function keepListening(
  listen: (address: string) => Promise<Listener>,
  address: string,
  opened: (listener: Listener) => void,
): Promise<(told: KeepListener) => Kept> {
  let first: Listener | undefined = await listen(address);
  let known = first.address;
  const open = async (): Promise<Listener> => {
    const listener = first ?? (await listen(known));
    first = undefined;
    known = listener.address;
    opened(listener);
    return listener;
  };
  return (told) => keep(open, told);
}
