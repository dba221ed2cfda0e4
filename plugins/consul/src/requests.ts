import { MicroError } from '@micro-ts/interface';
import type { Dispatcher, Pool } from 'undici';
import { answerFailure, connectionFailure } from './failure.ts';
import type { Place } from './place.ts';

/** Largest answer that is read, in bytes: some 20,000 nodes. */
export const answerBytes = 64 * 1024 * 1024;

/** One request. */
export interface Ask {
  readonly path: string;
  readonly method?: 'GET' | 'PUT';
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: string;
  /** Longest that the answer may take, in ms. Default: what the connection was opened with. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  /** Answers that are good too: 404 for what need not be there. */
  readonly missing?: (status: number, said: string) => boolean;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** Consul's index for blocking queries; `NaN` where the answer has none. */
  readonly index: number;
  /** The token may not see all there is. */
  readonly filtered: boolean;
  /** What the JSON says; `undefined` for what is {@link Ask.missing}. */
  readonly value: unknown;
}

/** How requests are made. */
export interface Requests {
  readonly place: Place;
  readonly token: string | undefined;
  readonly datacenter: string | undefined;
  readonly patience: number;
  /** TLS is spoken without a certificate of our own. */
  readonly unproven: boolean;
}

/** Asks once: there is no second attempt. */
export async function request(pool: Pool, by: Requests, ask: Ask): Promise<Answer> {
  const { place, token } = by;
  const { method = 'GET', patience = by.patience, signal } = ask;
  const ends = new AbortController();
  const stop = (): void => ends.abort(new MicroError('cancelled', 'closed'));
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) stop();
  const late = new MicroError(
    'unavailable',
    `${place.name} does not answer in ${patience} ms: check consul.address`,
  );
  const timer = setTimeout(() => ends.abort(late), patience);
  try {
    const answer = await pool.request({
      method,
      path: place.prefix + ask.path + search(by, ask),
      signal: ends.signal,
      headers: {
        ...(token !== undefined && { 'x-consul-token': token }),
        ...(ask.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(ask.body !== undefined && { body: ask.body }),
    });
    return await read(answer, by, ask);
  } catch (error) {
    throw connectionFailure(place.name, error, by.unproven);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function search({ datacenter }: Requests, { query, path }: Ask): string {
  const all = new URLSearchParams();
  // The agent's own matters are those of its own datacenter.
  if (datacenter !== undefined && !path.startsWith('/v1/agent/')) all.set('dc', datacenter);
  for (const [key, value] of Object.entries(query ?? {})) all.set(key, String(value));
  return all.size === 0 ? '' : `?${all.toString()}`;
}

async function read(
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  { place, token }: Requests,
  { missing, method }: Ask,
): Promise<Answer> {
  const said = await body.text();
  const about = {
    status,
    index: Number(headers['x-consul-index'] ?? NaN),
    filtered: headers['x-consul-results-filtered-by-acls'] === 'true',
  };
  if (status !== 200) {
    if (missing?.(status, said) === true) return { ...about, value: undefined };
    throw answerFailure(place.name, status, token ? said.replaceAll(token, '…') : said);
  }
  if (method === 'PUT') return { ...about, value: undefined };
  try {
    return { ...about, value: JSON.parse(said) as unknown };
  } catch {
    throw new MicroError(
      'unavailable',
      `${place.name} answers what is no JSON: is consul.address that of Consul?`,
    );
  }
}
