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
    v.transform((text) => text.split(',').map((each) => each.trim())),
  ),
]);

const text = v.pipe(v.string(), v.nonEmpty());
const described = <S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description));

/** Longest interval of a timer, in ms: 24 days. */
const longest = 2 ** 31 - 1;

/** What can be said of a sidecar. Times in ms, sizes in bytes. */
export const sidecarOptions = v.strictObject({
  address: described(v.optional(text, '127.0.0.1:8081'), 'where to listen, host:port'),
  token: described(
    v.optional(v.pipe(v.string(), v.minLength(16))),
    'what callers must show; made up, and printed, where others than this machine can call',
  ),
  allowedHosts: described(
    v.optional(list, []),
    'names by which callers may know this machine, besides its addresses',
  ),
  allowedOrigins: described(v.optional(list, []), 'web origins whose pages may call'),
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
    v.optional(list, []),
    'hosts that health checks may ask besides the one where the app is; * for all',
  ),
  registrations: described(v.optional(count(1), 1_000), 'most nodes that are kept registered'),
  sockets: described(v.optional(count(1), 1_000), 'most web sockets and event streams at once'),
  messageBytes: described(v.optional(count(1), 4 * 1024 * 1024), 'largest body or frame, in bytes'),
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
