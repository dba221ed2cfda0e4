import { closable } from '@micro-ts/interface';
import type { Closable, Node, Registry } from '@micro-ts/interface';
import { attemptOnce } from './keep.ts';
import type { KeepListener, Kept } from './keep.ts';

/**
 * Keeps a node registered: again at each third of its ttl, whatever happens to the registry. Nodes
 * register apart from each other, by jitter, also when a registry comes back and all of them miss it.
 */
export function keepRegistered(
  registry: Registry,
  node: () => Node,
  ttl: number,
  told: KeepListener,
): Kept {
  let timer: NodeJS.Timeout | undefined;
  let up: boolean | undefined;
  let ended = false;
  const first = attemptOnce();
  const beat = async (): Promise<void> => {
    let reason: unknown;
    let now = true;
    try {
      await registry.register(node(), ttl);
    } catch (error) {
      now = false;
      reason = error;
    }
    if (up !== now && !ended) told(now, reason);
    if (!first.ended(reason) || ended) return;
    up = now;
    const next = now ? ttl / 3 : Math.min(ttl / 3, 1_000);
    timer = setTimeout(() => (running = beat()), next * (0.8 + Math.random() * 0.4));
    timer.unref();
  };
  let running = beat();
  const end: Closable = closable(async () => {
    ended = true;
    clearTimeout(timer);
    await running;
    await registry.deregister(node());
  });
  return { closed: end.closed, close: end.close, tried: first.tried };
}
