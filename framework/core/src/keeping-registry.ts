import type { Closable, Node, Registry } from '@micro-ts/interface';
import type { Holdings } from './holdings.ts';
import { keepRegistered } from './registrar.ts';

interface Entry {
  readonly current: { node: Node };
  readonly registration: Promise<Closable>;
}

/**
 * The registry as plugins see it: what they register there stays registered until they deregister it,
 * so that none of them has a heartbeat of its own.
 */
export function createKeepingRegistry(registry: Registry, registrations: Holdings): Registry {
  const entries = new Map<string, Entry>();
  const { watch } = registry;
  return {
    async register(node, ttl) {
      const known = entries.get(node.id);
      if (known !== undefined) {
        known.current.node = node;
        return registry.register(node, ttl);
      }
      const current = { node };
      const registration = registrations.open(`registration ${node.id}`, false, (told) =>
        keepRegistered(registry, () => current.node, ttl, told),
      );
      entries.set(node.id, { current, registration });
      await registration.catch((error: unknown) => {
        entries.delete(node.id);
        throw error;
      });
    },
    async deregister(node) {
      const known = entries.get(node.id);
      entries.delete(node.id);
      await (known === undefined ? registry.deregister(node) : (await known.registration).close());
    },
    lookup: (service) => registry.lookup(service),
    list: () => registry.list(),
    ...(watch !== undefined && {
      watch: (listener, service) => watch.call(registry, listener, service),
    }),
  };
}
