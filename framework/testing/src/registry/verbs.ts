import type { Registry } from '@micro-ts/interface';
import { sampleNode } from './sample-node.ts';

/** Every verb of a registry, ready to be called. */
export function verbsOf(registry: Registry, service: string): readonly (() => Promise<unknown>)[] {
  const node = sampleNode(service);
  const verbs: (() => Promise<unknown>)[] = [
    () => registry.register(node, 10_000),
    () => registry.deregister(node),
    () => registry.lookup(service),
    () => registry.list(),
  ];
  if (registry.watch !== undefined) verbs.push(async () => registry.watch?.(() => undefined));
  return verbs;
}
