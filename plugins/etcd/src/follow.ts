import { MicroError } from '@micro-ts/interface';
import type { Closable, Losable, RegistryListener } from '@micro-ts/interface';
import type { IWatchRequest, IWatchResponse } from 'etcd3';
import { Census } from './census.ts';
import type { EtcdLink } from './link.ts';
import { rangeOf, readAll } from './read-all.ts';
import type { Records } from './records.ts';

/** Whom a watch tells what. */
export interface Follower {
  readonly records: Records;
  readonly listener: RegistryListener;
  readonly service: string | undefined;
}

/** Tells what there is, then what changes after the revision at which that was read: nothing is missed. */
export async function follow(link: EtcdLink, follower: Follower): Promise<Closable> {
  const { records, listener, service } = follower;
  const prefix = service === undefined ? records.prefix : records.folder(service);
  const census = new Census((kv) => records.read(kv, service));
  const found = new Set<string>(service === undefined ? [] : [service]);
  const revision = await readAll(link, prefix, (kv) => census.put(kv, found));
  listener(census.of(found));

  let created!: () => void;
  const open = new Promise<void>((resolve) => (created = resolve));
  const receive = (answer: IWatchResponse, stream: Losable): void => {
    if (answer.canceled) return stream.lose(reasonOf(link, answer));
    if (answer.created) created();
    const changed = new Set<string>();
    for (const { type, kv } of answer.events) {
      if (type === 'Put') census.put(kv, changed);
      else census.remove(kv, changed);
    }
    if (changed.size > 0) listener(census.of(changed));
  };
  const watch = await link.open<IWatchRequest, IWatchResponse>(
    ({ watchClient }) => watchClient.watch(),
    receive,
  );
  const start_revision = String(BigInt(revision) + 1n);
  watch.write({ create_request: { ...rangeOf(prefix), start_revision, fragment: true } });
  const lost = watch.closed.then((reason) => Promise.reject(reason));
  await Promise.race([open, lost]);
  return watch;
}

/** Why etcd ended a watch. Core opens a new one, which reads all again. */
function reasonOf(link: EtcdLink, { compact_revision, cancel_reason }: IWatchResponse): MicroError {
  if (compact_revision !== '0') {
    const text = `etcd at ${link.place.name} no longer has what changed since the watch began`;
    return new MicroError('unavailable', text);
  }
  return link.failed(Object.assign(new Error(cancel_reason), { code: 9, details: cancel_reason }));
}
