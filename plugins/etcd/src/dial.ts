import { ConfigError, MicroError } from '@micro-ts/interface';
import type { PluginContext } from '@micro-ts/interface';
import { EtcdLink } from './link.ts';
import type { User } from './link.ts';
import type { EtcdOptions } from './options.ts';
import { readPlace } from './place.ts';
import type { Place } from './place.ts';

/** How long one member is waited for before the next is asked too, in ms. */
const stagger = 250;

/**
 * A connection to the first member that answers. They are asked in an order drawn by lot, so that the
 * members share the load, and each a moment after the one before, so that a dead one holds nobody up.
 */
export async function dial(options: EtcdOptions, context: PluginContext): Promise<EtcdLink> {
  const user = userOf(options);
  const places = options.addresses.map((text) => readPlace(text)).filter((place) => !!place);
  for (let at = places.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [places[at], places[other]] = [places[other] as Place, places[at] as Place];
  }
  let found: EtcdLink | undefined;
  const failures: unknown[] = [];
  const attempts: Promise<void>[] = [];
  for (const place of places) {
    const attempt = tryMember(place, options, { user, limits: context.limits })
      .then((link) => {
        if (found === undefined) found = link;
        else link.lose();
      })
      .catch((error: unknown) => void failures.push(error));
    attempts.push(attempt);
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise((resolve) => (timer = setTimeout(resolve, stagger)));
    await Promise.race([attempt, pause]);
    clearTimeout(timer);
    if (found !== undefined) return found;
  }
  await untilOne(attempts, () => found !== undefined);
  if (found === undefined) throw joined(failures);
  return found;
}

/** Resolves when `done`, at the end of an attempt, or when all of them have ended. */
async function untilOne(attempts: readonly Promise<void>[], done: () => boolean): Promise<void> {
  await Promise.race([
    Promise.all(attempts),
    new Promise<void>((resolve) => {
      for (const attempt of attempts) void attempt.then(() => done() && resolve());
    }),
  ]);
}

async function tryMember(
  place: Place,
  options: EtcdOptions,
  more: Parameters<typeof EtcdLink.create>[2],
): Promise<EtcdLink> {
  const link = await EtcdLink.create(place, options, more);
  try {
    await link.authenticate();
    // Answered by members that are in touch with the others, to users who may read here.
    const key = Buffer.from(options.prefix);
    await link.call(({ kv }) => kv.range({ key, count_only: true }));
    return link;
  } catch (error) {
    link.lose(error);
    throw error;
  }
}

/** The most telling of what went wrong; what one member refuses, all do. */
function joined(failures: readonly unknown[]): unknown {
  const telling = failures.find(
    (error) => !(error instanceof MicroError) || error.code !== 'unavailable',
  );
  if (telling !== undefined || failures.length === 1) return telling ?? failures[0];
  const texts = failures.map((error) => (error as MicroError).message);
  return new MicroError('unavailable', texts.join('; '), { cause: failures });
}

/** @throws ConfigError if there is half of it. */
export function userOf(options: EtcdOptions): User | undefined {
  const name = options.username ?? (process.env['ETCD_USERNAME'] || undefined);
  const password = options.password ?? (process.env['ETCD_PASSWORD'] || undefined);
  if (name === undefined && options.password === undefined) return undefined;
  if (name !== undefined && password !== undefined) return { name, password };
  const [key, other] =
    name === undefined ? (['username', 'password'] as const) : (['password', 'username'] as const);
  const fix = `Set ${key} or ETCD_${key.toUpperCase()}, or drop ${other}.`;
  throw new ConfigError(`etcd.${key}`, `is missing, and there is a ${other}`, fix);
}
