import type { Metadata } from 'micro-ts';
import { fromHeaderText, isReserved } from '@micro-ts/wire';
import type { FastifyRequest } from 'fastify';
import { isTraceParent, newTraceParent } from './trace-parent.ts';

/** Which headers of a request become metadata of its call. */
export interface MetadataOptions {
  /**
   * Names of headers, in any case; `x-*` for all that begin so, `*` for all. They come on top of
   * those that always pass. Cookies, `Micro-*`, and what belongs to one connection or one message
   * never pass. Default: none.
   */
  readonly headers?: readonly string[] | undefined;
}

/**
 * Makes the metadata of a call: `authorization`, `x-request-id` (made if there is none),
 * `traceparent` (continued, else begun) with `tracestate` and `baggage`, and what is configured.
 */
export type MetadataRules = (request: FastifyRequest) => Metadata;

/** Longest `tracestate` and `baggage` that are passed on, in characters; longer ones are dropped. */
const longest = 8_192;

/** They are no metadata, or have a rule of their own. */
const special = new Set('cookie set-cookie x-request-id traceparent tracestate baggage'.split(' '));

const mayPass = (name: string): boolean =>
  !isReserved(name) && !special.has(name) && !name.startsWith('sec-');

/**
 * Works out once which headers become metadata.
 * @example createMetadataRules({ headers: ['x-tenant', 'x-user-*'] });
 */
export function createMetadataRules({ headers = [] }: MetadataOptions = {}): MetadataRules {
  const asked = ['authorization', ...headers.map((name) => name.toLowerCase())];
  const starts = asked.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  const names = [...new Set(asked.filter((name) => !name.endsWith('*') && mayPass(name)))];
  const matches = (name: string): boolean => starts.some((start) => name.startsWith(start));
  return ({ headers: given, id }) => {
    const found: Record<string, string> = Object.create(null);
    found['x-request-id'] = id;
    addTrace(found, given);
    for (const name of names) add(found, name, given[name]);
    if (starts.length > 0)
      for (const name of Object.keys(given))
        if (matches(name) && mayPass(name)) add(found, name, given[name]);
    return found;
  };
}

function add(to: Record<string, string>, name: string, value: string | string[] | undefined): void {
  if (value === undefined) return;
  to[name] = fromHeaderText(typeof value === 'string' ? value : value.join(','));
}

/** A state belongs to the parent that it came with; baggage stands for itself. */
function addTrace(to: Record<string, string>, given: FastifyRequest['headers']): void {
  const { traceparent, tracestate, baggage } = given as Readonly<Record<string, unknown>>;
  const continued = typeof traceparent === 'string' && isTraceParent(traceparent);
  to['traceparent'] = continued ? traceparent : newTraceParent();
  if (continued && isShort(tracestate)) to['tracestate'] = tracestate;
  if (isShort(baggage)) to['baggage'] = baggage;
}

const isShort = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= longest;
