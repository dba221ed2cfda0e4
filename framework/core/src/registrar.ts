import { closable } from '@micro-ts/interface';
import type { Closable, Node, Registry } from '@micro-ts/interface';
import { keep } from './keep.ts';
import type { KeepListener, Kept } from './keep.ts';

/**
 * Keeps a node registered: again at each third of its ttl, whatever happens to the registry. Nodes
 * register apart from each other, by jitter, also when a registry comes back and all of them miss it.
 * Closing it deregisters the node.
 */
export function keepRegistered(
  registry: Registry,
  node: () => Node,
  ttl: number,
  told: KeepListener,
): Kept {
  const kept = keep(() => register(registry, node, ttl), told);
  const end = closable(async () => {
    await kept.close();
    await registry.deregister(node());
  });
  return { closed: end.closed, close: end.close, tried: kept.tried };
}

/** A registration, which lives as long as each heartbeat arrives. */
async function register(registry: Registry, node: () => Node, ttl: number): Promise<Closable> {
  await registry.register(node(), ttl);
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> | undefined;
  let ended = false;
  const registration = closable(async () => {
    ended = true;
    clearTimeout(timer);
    await beating; // or its record would come after the one that takes it away
  });
  const beat = (): void => {
    beating = registry.register(node(), ttl).then(pauseAndBeat, registration.lose);
  };
  const pauseAndBeat = (): void => {
    if (!ended) timer = setTimeout(beat, (ttl / 3) * (0.8 + Math.random() * 0.4)).unref();
  };
  pauseAndBeat();
  return registration;
}
