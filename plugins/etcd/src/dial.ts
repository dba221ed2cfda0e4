import { ConfigError, MicroError } from '@micro-ts/interface';
import type { PluginContext } from '@micro-ts/interface';
import { EtcdLink } from './link.ts';
import type { User } from './link.ts';
import type { EtcdSettings } from './options.ts';
import { readPlace } from './place.ts';

/** How long one member is waited for before the next is asked too, in ms. */
const stagger = 250;

/**
 * A connection to the first member that answers. They are asked in an order drawn by lot, so that the
 * members share the load, and each a moment after the one before, so that a dead one holds nobody up.
 */
export async function dial(options: EtcdSettings, { limits }: PluginContext): Promise<EtcdLink> {
  const user = userOf(options);
  // Before the verb itself is given up, with fewer words.
  const end = performance.now() + limits.handshake * 0.9;
  const places = shuffled(options.addresses.flatMap((text) => readPlace(text) ?? []));
  const links: EtcdLink[] = [];
  const failures = new Map<EtcdLink, unknown>();
  let found: EtcdLink | undefined;
  const attempts: Promise<unknown>[] = [];
  for (const place of places) {
    const link = await EtcdLink.create(place, options, { user, limits });
    links.push(link);
    const attempt = greet(link, options.prefix).then(
      () => (found ??= link),
      (error: unknown) => void failures.set(link, error),
    );
    attempts.push(attempt);
    await within(attempt, stagger);
    if (found !== undefined) break;
  }
  await within(untilOne(attempts), end - performance.now());
  for (const link of links) if (link !== found) link.lose();
  if (found === undefined) throw joined(links.map((link) => failures.get(link) ?? silence(link)));
  return found;
}

/** Answered by members that are in touch with the others, to users who may read here. */
async function greet(link: EtcdLink, prefix: string): Promise<void> {
  await link.authenticate();
  await link.call(({ kv }) => kv.range({ key: Buffer.from(prefix), count_only: true }));
}

function shuffled<T>(all: readonly T[]): readonly T[] {
  const drawn = all.map((value) => ({ value, lot: Math.random() }));
  return drawn.sort((a, b) => a.lot - b.lot).map(({ value }) => value);
}

/** Resolves when it is done, or when the time is up. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, Math.max(0, ms))));
  await Promise.race([work, late]);
  clearTimeout(timer);
}

/** Resolves when one has found something, or all have ended. */
function untilOne(attempts: readonly Promise<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    for (const attempt of attempts) void attempt.then((found) => found !== undefined && resolve());
    void Promise.all(attempts).then(() => resolve());
  });
}

const silence = ({ place }: EtcdLink): MicroError =>
  new MicroError('unavailable', `etcd at ${place.name} does not answer: check etcd.addresses`);

/** The most telling of what went wrong: what one member refuses, all do. */
function joined(failures: readonly unknown[]): unknown {
  const telling = failures.find(
    (error) => !(error instanceof MicroError) || error.code !== 'unavailable',
  );
  if (telling !== undefined || failures.length === 1) return telling ?? failures[0];
  const texts = failures.map((error) => (error as MicroError).message);
  return new MicroError('unavailable', texts.join('; '), { cause: failures });
}

/** @throws ConfigError if there is half of it. */
export function userOf(options: EtcdSettings): User | undefined {
  const name = options.username ?? (process.env['ETCD_USERNAME'] || undefined);
  const password = options.password ?? (process.env['ETCD_PASSWORD'] || undefined);
  if (name === undefined && options.password === undefined) return undefined;
  if (name !== undefined && password !== undefined) return { name, password };
  const [key, other] =
    name === undefined ? (['username', 'password'] as const) : (['password', 'username'] as const);
  const fix = `Set ${key} or ETCD_${key.toUpperCase()}, or drop ${other}.`;
  throw new ConfigError(`etcd.${key}`, `is missing, and there is a ${other}`, fix);
}
