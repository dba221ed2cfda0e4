import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty());
/** A name in the DNS, not an address; http-01 proves no wildcards. */
const host = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.maxLength(253),
  v.regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'should be a name such as api.example.com: no address, no wildcard, no port',
  ),
);

/** Well-known servers by name. */
const directories: Readonly<Record<string, string>> = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
};

/** Certificates that the gateway gets and renews by itself, by ACME (RFC 8555) and http-01. */
export const acmeOptions = v.strictObject({
  hosts: v.pipe(v.array(host), v.minLength(1), v.description('Names it has certificates for')),
  agree: v.pipe(
    v.optional(v.boolean(), false),
    v.description('You have read the terms of the certificate authority, and agree to them'),
  ),
  email: v.pipe(v.optional(v.pipe(v.string(), v.email())), v.description('Whom they may write to')),
  directory: v.pipe(
    v.optional(text, 'letsencrypt'),
    v.transform((given) => directories[given] ?? given),
    v.url('should be letsencrypt, letsencrypt-staging or a URL'),
    v.startsWith('https://', 'should be letsencrypt, letsencrypt-staging or a URL with https'),
    v.description('ACME server: letsencrypt, letsencrypt-staging or the URL of a directory'),
  ),
  ca: v.pipe(
    v.optional(text),
    v.description('Authorities believed for the ACME server itself, PEM or the path of a file'),
  ),
  folder: v.pipe(
    v.optional(text, 'certificates'),
    v.description('Where keys and certificates are kept; several gateways may share it'),
  ),
  address: v.pipe(
    v.optional(text, ':80'),
    v.description('Where it answers the authority, and sends everybody else to https'),
  ),
  redirectPort: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 443),
    v.description('Port of https, as clients see it'),
  ),
  binding: v.pipe(
    v.optional(v.strictObject({ kid: text, hmacKey: text })),
    v.description('External account, for authorities that ask for one'),
  ),
});

/** {@link acmeOptions} with the defaults filled in. */
export type AcmeOptions = v.InferOutput<typeof acmeOptions>;
/** What somebody writes. */
export type AcmeInput = v.InferInput<typeof acmeOptions>;
