import { isIP } from 'node:net';
import { isHostName, isOrigin } from '@micro-ts/edge';
import { parseAddress } from '@micro-ts/wire';
import * as v from 'valibot';
import { accessOptions } from './access/index.ts';
import { acmeOptions } from './acme/index.ts';

const text = (description: string, initial: string) =>
  v.optional(v.pipe(v.string(), v.description(description)), initial);

const file = (description: string) =>
  v.optional(v.pipe(v.string(), v.nonEmpty(), v.description(description)));

const texts = (description: string, each: v.GenericSchema<string, string> = v.string()) =>
  v.optional(v.pipe(v.array(each), v.description(description)), []);

const flag = (description: string, initial: boolean) =>
  v.optional(v.pipe(v.boolean(), v.description(description)), initial);

const whole = (description: string, initial: number, least = 1) =>
  v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(least), v.description(description)),
    initial,
  );

function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}

const origin = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.check((each) => each === '*' || isOrigin(each), 'should be like https://shop.example, or *'),
);

const hostName = v.pipe(
  v.string(),
  v.check(
    (each) => each === '*' || isHostName(each),
    'should be a name like shop.example, without scheme, port and path, or *',
  ),
);

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

const kinds = v.picklist(['rpc', 'api', 'proxy', 'event']);
const path = v.pipe(v.string(), v.regex(/^(\/[\w.~-]+)+$/, 'should be a path such as /web'));

/** What answers the paths below one prefix. */
const mount = v.strictObject({
  path,
  handler: v.optional(kinds, 'rpc'),
  namespace: v.optional(v.string(), ''),
  stripPrefix: v.optional(v.boolean(), false),
});

/** Options of the gateway. Times in ms, sizes in bytes. */
export const apiOptions = v.strictObject({
  address: v.optional(
    v.pipe(
      v.string(),
      v.check(isAddress, 'should be like 127.0.0.1:8080 or :8080'),
      v.description('Where it listens, host:port; :8080 for all addresses'),
    ),
    '127.0.0.1:8080',
  ),
  handler: v.optional(
    v.pipe(kinds, v.description('What answers paths: rpc, api, proxy or event')),
    'rpc',
  ),
  namespace: text('Put before the names that paths have: shop reaches shop.greeter', ''),
  stripPrefix: flag('The name of the service is taken off the path of what is proxied', false),
  mounts: v.optional(
    v.pipe(
      v.array(mount),
      v.check(
        (all) => new Set(all.map((each) => each.path)).size === all.length,
        'should have each path once',
      ),
      v.description('Other handlers below a path: { path, handler, namespace, stripPrefix }'),
    ),
    [],
  ),
  rpc: flag('Answers POST /rpc, which calls any service by its name', false),
  stats: flag('Shows its counters at /stats', true),
  openapi: flag('Describes what can be called at /openapi.json and /docs', true),
  access: v.optional(
    v.pipe(accessOptions, v.description('Who may call what: API keys and tokens. None: everybody')),
  ),
  cors: texts('Origins whose pages may call: https://shop.example, or * for all', origin),
  hosts: texts('Names it answers to; on loopback those of loopback are added. None: all', hostName),
  cert: file('File of its certificate, PEM; read again when it changes'),
  key: file('File of the key of its certificate, PEM'),
  clientCa: file('File of who signs certificates of clients, PEM; they need one then'),
  acme: v.optional(
    v.pipe(acmeOptions, v.description('Certificates that it gets and renews by itself')),
  ),
  trustedProxies: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.check(isNetwork, 'should be like 10.0.0.1 or 10.0.0.0/8'))),
      v.description('Addresses or networks whose X-Forwarded-* headers are believed'),
    ),
    [],
  ),
  headers: texts('Headers that services see as metadata: x-tenant, x-user-*; others stay here'),
  longestTimeout: whole('Longest deadline that a client may ask for with Timeout', 300_000),
  proxyTimeout: whole('How long what is proxied may take until its answer begins', 30_000),
  bodyLimit: whole('Most bytes of a body', 4 * 1024 * 1024),
  headerLimit: whole('Most bytes of a request line and its headers', 16 * 1024, 1024),
  uploadTimeout: whole('How long a request may take to arrive', 60_000),
  unreadTimeout: whole('How long a client may leave an answer unread', 30_000),
  rateLimit: whole('Requests of one client in each rateWindow; 0 for any number', 0, 0),
  rateWindow: whole('Length of the window in which requests are counted', 60_000),
  sockets: whole('Most web sockets and event streams at a time', 20_000, 0),
  socketsPerClient: whole('Most of them from one address; 0 for any number', 1_000, 0),
  compress: flag('Compresses answers for clients that take it', true),
  drain: whole('How long what runs may take to finish after the grace', 15_000, 0),
  grace: whole('How long it serves on after it was told to stop, saying so at /ready', 1_000, 0),
});

/** Options as they may be given. */
export type ApiOptions = v.InferInput<typeof apiOptions>;

/** Options with their defaults. */
export type ApiSettings = v.InferOutput<typeof apiOptions>;

/** Paths below `path` and the handler that answers them. */
export type Mount = v.InferOutput<typeof mount>;

declare module 'micro-ts' {
  interface ToolkitOptions {
    readonly api?: ApiOptions;
  }
}
