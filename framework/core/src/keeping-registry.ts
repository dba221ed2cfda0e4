import type { Closable, Node, Registry } from '@micro-ts/interface';
import type { Health } from './health.ts';
import { keepRegistered } from './registrar.ts';

interface Kept {
  readonly current: { node: Node };
  readonly registration: Closable;
}

/**
 * The registry as plugins see it: what they register there stays registered until they deregister it,
 * so that none of them has a heartbeat of its own.
 */
export function createKeepingRegistry(
  registry: Registry,
  health: Health,
): Registry & { readonly close: () => Promise<void> } {
  const kept = new Map<string, Kept>();
  const { watch } = registry;
  return {
    async register(node, ttl) {
      const known = kept.get(node.id);
      if (known !== undefined) {
        known.current.node = node;
        return registry.register(node, ttl);
      }
      const told = health.part(`registration ${node.id}`, { needed: false });
      const current = { node };
      const registration = keepRegistered(registry, () => current.node, ttl, told);
      kept.set(node.id, { current, registration });
      await registration.tried;
    },
    async deregister(node) {
      const known = kept.get(node.id);
      kept.delete(node.id);
      health.forget(`registration ${node.id}`);
      await (known === undefined ? registry.deregister(node) : known.registration.close());
    },
    lookup: (service) => registry.lookup(service),
    list: () => registry.list(),
    ...(watch !== undefined && {
      watch: (listener, service) => watch.call(registry, listener, service),
    }),
    async close() {
      const all = [...kept.values()];
      kept.clear();
      await Promise.allSettled(all.map(({ registration }) => registration.close()));
    },
  };
}
