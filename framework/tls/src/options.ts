import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty());

/** Options that may name a certificate and its key. */
interface CertAndKey {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Refuses options that have one of both, in `v.pipe` after their schema. */
export const certWithKey = <T extends CertAndKey>() =>
  v.check<T, string>(
    ({ cert, key }) => (cert === undefined) === (key === undefined),
    'cert and key belong together: give both or none',
  );

/** Option `tls` of plugins that dial a server. */
export const clientTls = v.pipe(
  v.strictObject({
    /** Authorities that are trusted instead of the well-known ones: PEM text, or the path of a file. */
    ca: v.optional(text),
    /** Certificate of this app, for servers that ask for one: PEM text, or the path of a file. */
    cert: v.optional(text),
    /** Its private key: PEM text, or the path of a file. */
    key: v.optional(text),
    /** Name that the server's certificate carries, where that is not the host of its address. */
    servername: v.optional(text),
    /** Accept any certificate. For tests only. */
    insecure: v.optional(v.boolean(), false),
  }),
  certWithKey(),
);

/** {@link clientTls} with its defaults filled in. */
export type ClientTls = v.InferOutput<typeof clientTls>;
