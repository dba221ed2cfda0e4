import { misuse } from '@micro-ts/commands';
import { MicroError } from 'micro-ts';
import { decodeError } from '@micro-ts/wire';

/** A request to a sidecar. */
export interface Asking {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Longest wait for the head of the answer, in ms. Default 10,000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Largest answer that is read in one piece, in bytes. */
const most = 64 * 1024 * 1024;
/** Largest error that is read. */
const mostOfError = 64 * 1024;
const usual = 10_000;

/** HTTP with one sidecar. The token is shown to it, and to nobody else. */
export class Sidecar {
  readonly #base: URL;
  readonly #token: string | undefined;

  /** @throws a misuse for what is no address */
  constructor(address: string, token: string | undefined) {
    const text = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      throw misuse(`--proxy ${address} is no URL: http://host:8081`);
    this.#base = url;
    this.#token = token;
  }

  /** Resolves with an answer of success. @throws MicroError that the sidecar or the way to it has told */
  async ask({ method, path, query = {}, headers, body, ...limits }: Asking): Promise<Response> {
    const url = this.urlOf(path, query);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), limits.timeout ?? usual);
    const signals = [late.signal, ...(limits.signal === undefined ? [] : [limits.signal])];
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: { ...headers, ...this.credentials },
        signal: AbortSignal.any(signals),
        redirect: 'error',
        ...(body !== undefined && { body }),
      });
      if (response.ok) return response;
      text = await readText(response, mostOfError);
    } catch (cause) {
      if (cause instanceof MicroError) throw cause;
      throw this.failure(cause, late.signal.aborted, limits.signal?.aborted);
    } finally {
      clearTimeout(timer);
    }
    throw this.errorOf(response.status, text);
  }

  /** Resolves if it answers at all, whatever it says. @throws MicroError as to why it does not */
  async knock(): Promise<void> {
    const signal = AbortSignal.timeout(usual);
    const { credentials: headers } = this;
    const url = this.urlOf('/health');
    try {
      await fetch(url, { method: 'HEAD', headers, redirect: 'manual', signal });
    } catch (cause) {
      throw this.failure(cause, signal.aborted);
    }
  }

  /** Headers that show who asks. */
  get credentials(): Readonly<Record<string, string>> {
    return this.#token === undefined ? {} : { 'x-micro-token': this.#token };
  }

  /** Where something of the sidecar is. */
  urlOf(path: string, query: NonNullable<Asking['query']> = {}): URL {
    const url = new URL(this.#base.pathname.replace(/\/$/, '') + path, this.#base);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }

  /** Why there is no answer. */
  failure(cause: unknown, late: boolean, cancelled = false): MicroError {
    if (cancelled) return new MicroError('cancelled', 'cancelled', { cause });
    const { host } = this.#base;
    if (late) return new MicroError('deadline_exceeded', `the sidecar at ${host} does not answer`);
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const { code = '', message = '' } = reason as { code?: string; message?: string };
    const text = `no sidecar answers at ${host} (${code === '' ? message : code}): start one with micro sidecar`;
    return new MicroError('unavailable', text, { cause, origin: 'micro.proxy' });
  }

  /** The error of an answer of failure. */
  errorOf(status = 500, text: string): MicroError {
    if (status === 401)
      return new MicroError(
        'unauthenticated',
        'the sidecar wants its token: MICRO_TOKEN or --token',
      );
    return decodeError(text === '' ? `the sidecar answers ${status}` : text);
  }
}

/** The text of an answer. @throws MicroError `resource_exhausted` if it is too long */
export const readText = async (response: Response, limit = most): Promise<string> =>
  new TextDecoder().decode(await readBytes(response, limit));

/** The bytes of an answer. @throws MicroError `resource_exhausted` if they are too many */
export async function readBytes(response: Response, limit = most): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > limit)
      throw new MicroError('resource_exhausted', `the sidecar answers more than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
