import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty());
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A secret: the text itself, or where it stands. */
const secret = v.union([
  text,
  v.strictObject({ env: v.pipe(text, v.description('Name of the variable that holds it')) }),
  v.strictObject({ file: v.pipe(text, v.description('Path of the file that holds it')) }),
]);

const sha256 = v.strictObject({
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/i, 'should be 64 hexadecimal digits')),
});

const patterns = v.array(
  v.pipe(
    text,
    v.regex(
      /^(topic:[^/\s]+|[^/\s:]+(\/[^/\s]+)?)$/,
      "should be '*', 'service', 'service/Endpoint' or 'topic:name', with * for any characters",
    ),
  ),
);

const apiKey = v.strictObject({
  name: v.pipe(text, v.description('Who has it; goes to services as the metadata x-user')),
  key: v.pipe(
    v.union([secret, sha256]),
    v.description('The key, { env } or { file } that holds it, or its { sha256 }'),
  ),
  scopes: v.pipe(v.optional(v.array(text), []), v.description('What it may do, in your words')),
  allow: v.pipe(
    v.optional(patterns),
    v.description('What it may call: service, service/Endpoint, topic:name, * in them'),
  ),
});

const jwt = v.strictObject({
  secret: v.pipe(v.optional(secret), v.description('Shared secret of HS256, HS384 and HS512')),
  keys: v.pipe(
    v.optional(text),
    v.description('Public keys: a JWKS or PEM, as text or as the path of a file'),
  ),
  jwksUrl: v.pipe(
    v.optional(v.pipe(text, v.url())),
    v.description('Where public keys are fetched'),
  ),
  issuer: v.pipe(
    v.union([text, v.array(text)]),
    v.description('Whose tokens are believed (iss); * for anybody with the key'),
  ),
  audience: v.pipe(
    v.union([text, v.array(text)]),
    v.description('Whom they are meant for (aud); * for anybody'),
  ),
  algorithms: v.pipe(
    v.optional(v.array(text)),
    v.description(
      'Those of signatures that are accepted. Default: HS256 with a secret, else RS256, PS256, ES256, EdDSA',
    ),
  ),
  clockTolerance: v.pipe(
    v.optional(milliseconds, 5_000),
    v.description('How far clocks may be apart, in ms'),
  ),
  cacheFor: v.pipe(
    v.optional(milliseconds, 600_000),
    v.description('How long fetched keys are believed, in ms'),
  ),
  coolDown: v.pipe(
    v.optional(milliseconds, 30_000),
    v.description('Least time between fetches because of unknown keys, in ms'),
  ),
  timeout: v.pipe(v.optional(milliseconds, 5_000), v.description('Of a fetch of keys, in ms')),
  user: v.pipe(v.optional(text, 'sub'), v.description('Claim that names the user')),
  claims: v.pipe(
    v.optional(
      v.record(text, v.pipe(text, v.regex(/^x-[a-z0-9-]+$/, 'should be like x-tenant'))),
      {},
    ),
    v.description('Claims that services get as metadata: { tenant: "x-tenant" }'),
  ),
  forward: v.pipe(
    v.optional(v.boolean(), false),
    v.description('Whether services get the token itself, as the metadata authorization'),
  ),
});

/**
 * Who may use the gateway. With keys, with a JWT check, or with both; whoever shows one of them is in.
 */
export const accessOptions = v.strictObject({
  keys: v.pipe(v.optional(v.array(apiKey), []), v.description('API keys')),
  keysFile: v.pipe(
    v.optional(text),
    v.description('JSON file with a list of API keys, as in keys'),
  ),
  jwt: v.pipe(v.optional(jwt), v.description('Tokens that are accepted')),
  scopes: v.pipe(
    v.optional(v.record(text, patterns)),
    v.description('What each scope may call; without it, who is in may call everything'),
  ),
  open: v.pipe(
    v.optional(v.array(v.pipe(text, v.startsWith('/'))), ['/health', '/ready']),
    v.description('Paths that everybody may have; /docs/* is all below /docs/'),
  ),
});

/** API keys as they stand in a file. */
export const apiKeys = v.array(apiKey);

/** {@link accessOptions} with the defaults filled in. */
export type AccessOptions = v.InferOutput<typeof accessOptions>;
/** What somebody writes. */
export type AccessInput = v.InferInput<typeof accessOptions>;
/** An API key, as it is configured. */
export type ApiKeyOptions = v.InferOutput<typeof apiKey>;
/** The check of JWTs, as it is configured. */
export type JwtOptions = v.InferOutput<typeof jwt>;
/** A secret, or where it stands. */
export type Secret = v.InferOutput<typeof secret>;
