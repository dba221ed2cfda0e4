import { closable } from '@micro-ts/interface';
import type { Closable, Losable, Node, RegistryListener } from '@micro-ts/interface';
import { crowd, watchCrowd } from './crowd-watch.ts';
import { checkSeen, healthOf } from './lookup.ts';
import type { ConsulLink } from './link.ts';
import { follow } from './follow.ts';
import { Reader, sameNodes } from './reader.ts';

/**
 * Watches one service: Consul answers when something of it changes, with all of its nodes. When they
 * have become many, only with what has changed.
 */
export async function watchService(
  link: ConsulLink,
  listener: RegistryListener,
  service: string,
): Promise<Closable> {
  const reader = new Reader(link.report);
  let known: readonly Node[] | undefined;
  let [open, many] = [true, false];
  const parts: Losable[] = [];
  const watch = closable(() => {
    open = false;
    return Promise.all(parts.map((part) => part.close()));
  });
  const hold = async (part: Losable): Promise<void> => {
    parts.push(part);
    void part.closed.then((reason) => reason && watch.lose(reason));
    if (!open) await part.close();
  };
  const tell = (nodes: readonly Node[]): void => {
    if (!open || (known !== undefined && sameNodes(known, nodes))) return;
    known = nodes;
    listener(new Map([[service, nodes]]));
  };
  const few = await follow(link, healthOf(service), async (answer) => {
    if (many) return;
    checkSeen(link, service, answer);
    const { nodes } = reader.read(service, answer.value);
    tell(nodes);
    if (nodes.length < crowd) return;
    many = true;
    const all = await watchCrowd(link, (now) => tell(now.get(service) ?? []), service);
    const before = [...parts];
    await hold(all);
    await Promise.all(before.map((part) => part.close()));
  });
  await hold(few);
  if (many) await few.close();
  link.watches.hold(watch);
  return watch;
}
