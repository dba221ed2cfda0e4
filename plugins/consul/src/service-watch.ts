import type { Closable, Node, RegistryListener } from '@micro-ts/interface';
import { checkSeen, healthOf } from './lookup.ts';
import type { ConsulLink } from './link.ts';
import { follow } from './follow.ts';
import { Reader, sameNodes } from './reader.ts';

/** Watches one service: Consul answers when something of it changes, with all of its nodes. */
export async function watchService(
  link: ConsulLink,
  listener: RegistryListener,
  service: string,
): Promise<Closable> {
  const reader = new Reader(link.report);
  let known: readonly Node[] | undefined;
  const watch = await follow(link, healthOf(service), (answer) => {
    checkSeen(link, service, answer);
    const { nodes } = reader.read(service, answer.value);
    if (known !== undefined && sameNodes(known, nodes)) return;
    known = nodes;
    listener(new Map([[service, nodes]]));
  });
  link.watches.hold(watch);
  return watch;
}
