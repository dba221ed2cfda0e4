import { isHostName, isOrigin } from '@micro-ts/edge';
import { formatAddress, parseAddress } from '@micro-ts/wire';
import * as v from 'valibot';

/** A number, or the text of one: flags and variables are texts. */
const count = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]),
    v.integer(),
    v.minValue(least),
    v.maxValue(most),
  );

/** Texts, or one with commas between them. */
const list = v.union([
  v.array(v.string()),
  v.pipe(
    v.string(),
    v.transform((text) =>
      text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    ),
  ),
]);

/** Texts of one form, or `*`. */
const listOf = (isOne: (text: string) => boolean, problem: string) => {
  const isRight = (text: string): boolean => text === '*' || isOne(text);
  return v.pipe(list, v.array(v.pipe(v.string(), v.toLowerCase(), v.check(isRight, problem))));
};

/** `host`, `host:port` or `:port`. */
function isPlace(text: string): boolean {
  if (isHostName(text)) return true;
  try {
    const { host, port } = parseAddress(text);
    return port > 0 && formatAddress(host, port) === text && (host === '' || isHostName(host));
  } catch {
    return false;
  }
}

/** What a header brings as it was: no other characters, and no spaces at its ends. */
const headerText = /^[!-~][ -~]*[!-~]$/;

const text = v.pipe(v.string(), v.nonEmpty());
const described = <S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description));

/** Longest interval of a timer, in ms: 24 days. */
const longest = 2 ** 31 - 1;

/** What can be said of a sidecar. Times in ms, sizes in bytes. */
export const sidecarOptions = v.strictObject({
  address: described(v.optional(text, '127.0.0.1:8081'), 'where to listen, host:port'),
  token: described(
    v.optional(
      v.pipe(v.string(), v.minLength(16), v.regex(headerText, 'should be printable ASCII')),
    ),
    'what callers must show; made up, and printed, where others than this machine can call',
  ),
  hosts: described(
    v.optional(
      listOf(isHostName, 'should be a name like box.example, without scheme, port and path, or *'),
      [],
    ),
    'names it answers to besides those and the addresses of this machine; * for all',
  ),
  cors: described(
    v.optional(listOf(isOrigin, 'should be like https://shop.example, or *'), []),
    'origins whose pages may call; * for all',
  ),
  cert: described(v.optional(text), 'file of its certificate, PEM; read again when it changes'),
  key: described(v.optional(text), 'file of the key of its certificate, PEM'),
  clientCa: described(
    v.optional(text),
    'file of who signs certificates of clients, PEM; they need one then',
  ),
  namespace: described(
    v.optional(v.string(), ''),
    'what stands before the service in /{service}/{endpoint}, such as go.micro.srv',
  ),
  serverName: described(v.optional(text), 'service that the app beside it is registered as'),
  serverAddress: described(v.optional(text), 'where the app beside it answers, host:port'),
  healthcheckUrl: described(v.optional(text), 'asked whether the app beside it is well'),
  healthcheckInterval: described(
    v.optional(count(100, longest), 5_000),
    'time between two checks of an app, in ms',
  ),
  healthcheckTimeout: described(
    v.optional(count(10, longest), 2_000),
    'how long a check may take, in ms',
  ),
  healthcheckThreshold: described(
    v.optional(count(1, 1_000), 2),
    'failed checks in a row after which an app is deregistered',
  ),
  healthcheckHosts: described(
    v.optional(listOf(isPlace, 'should be like box.example, box.example:80, :80 or *'), []),
    'where health checks may ask besides the app itself: host, host:port, :port, * for all',
  ),
  registrations: described(v.optional(count(1), 1_000), 'most nodes that are kept registered'),
  sockets: described(v.optional(count(1), 1_000), 'most web sockets and event streams at once'),
  bodyLimit: described(v.optional(count(1), 4 * 1024 * 1024), 'most bytes of a body or frame'),
  headerLimit: described(
    v.optional(count(1024), 64 * 1024),
    'most bytes of a request line and its headers',
  ),
  uploadTimeout: described(
    v.optional(count(1, longest), 60_000),
    'how long a request may take to arrive, in ms',
  ),
  unreadTimeout: described(
    v.optional(count(1, longest), 30_000),
    'how long a client may leave an answer unread, in ms',
  ),
  drain: described(
    v.optional(count(0, longest), 15_000),
    'how long what runs may take to finish when it is told to stop, in ms',
  ),
});

/** Options as they may be given. */
export type SidecarOptions = v.InferInput<typeof sidecarOptions>;

/** Options with their defaults. */
export type SidecarSettings = v.InferOutput<typeof sidecarOptions>;

declare module 'micro-ts' {
  interface ToolkitOptions {
    /** `micro sidecar` */
    sidecar?: SidecarOptions;
  }
}
