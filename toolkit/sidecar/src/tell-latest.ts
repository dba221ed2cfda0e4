import type { Node, RegistryListener } from 'micro-ts';

/** Tells somebody how a service is now. Rejects when nobody listens any more. */
type Tell = (service: string, nodes: readonly Node[]) => Promise<void>;

/**
 * Tells changes of the registry one after the other, no faster than they are taken. Of a service that
 * changes again before its turn only the latest is told, so that what waits is never more than one
 * change for each service.
 */
export function tellLatest(tell: Tell): RegistryListener {
  const untold = new Map<string, readonly Node[]>();
  let telling = false;
  let over = false;
  const tellAll = async (): Promise<void> => {
    telling = true;
    for (const [service, nodes] of untold) {
      untold.delete(service);
      await tell(service, nodes);
    }
    telling = false;
  };
  return (changed) => {
    if (over) return;
    for (const [service, nodes] of changed) untold.set(service, nodes);
    if (telling) return;
    tellAll().catch(() => {
      over = true;
      untold.clear();
    });
  };
}
