import { closable } from '@micro-ts/interface';
import type { Closable, Node, Registry, RegistryListener } from '@micro-ts/interface';

/** A registry that cannot tell of changes is asked this often, in ms. */
const pollEvery = 5_000;

/** Watches a service or all of them, in any registry: one that cannot tell of changes is asked. */
export async function watchRegistry(
  registry: Registry,
  listener: RegistryListener,
  service?: string,
): Promise<Closable> {
  if (registry.watch !== undefined) return registry.watch(listener, service);
  let known: ReadonlyMap<string, string> = new Map();
  const ask = async (): Promise<void> => {
    const names = service === undefined ? await registry.list() : [service];
    const nodes = await Promise.all(names.map((name) => registry.lookup(name)));
    const now = new Map(names.map((name, at) => [name, JSON.stringify(nodes[at])]));
    const changed = new Map<string, readonly Node[]>();
    for (const name of known.keys()) if (!now.has(name)) changed.set(name, []);
    names.forEach((name, at) => {
      if (known.get(name) !== now.get(name)) changed.set(name, nodes[at] ?? []);
    });
    known = now;
    if (changed.size > 0) listener(changed);
  };
  await ask();
  const timer = setInterval(() => void ask().catch(watch.lose), pollEvery);
  timer.unref();
  const watch = closable(() => clearInterval(timer));
  return watch;
}
