import { readPem } from '@micro-ts/tls';
import type { Etcd3, IOptions } from 'etcd3';
import { withoutName } from './handshake.ts';
import type { EtcdSettings } from './options.ts';
import type { Place } from './place.ts';

type Faults = NonNullable<IOptions['faultHandling']>;
type Policy = NonNullable<Faults['global']>;
type Credentials = NonNullable<IOptions['credentials']>;

/** No retry, no circuit breaker: each request is made once. */
const once = { execute: async (work: () => unknown) => work() } as unknown as Policy;

/** Largest answer that is read, in bytes. Pages of records that are larger are asked for in parts. */
const answerBytes = 16 * 1024 * 1024;

/** What the client is given besides options. */
export interface ClientHooks {
  /** Sent with each request. */
  token(): string | undefined;
  /** What a request rejects with. */
  failed(error: Error): Error;
  /** Time for each request, in ms. */
  readonly patience: number;
}

/** The part of a call that is changed before it leaves. */
interface Invocation {
  readonly metadata: { set(key: string, value: string): void };
  readonly methodDefinition: { readonly path: string };
  callback?: (error: Error | null, value?: unknown) => void;
}

let clients = 0;

/** The driver for one member, with its own reconnecting, retries and authentication switched off. */
export async function createClient(
  place: Place,
  options: EtcdSettings,
  hooks: ClientHooks,
): Promise<Etcd3> {
  const { Etcd3 } = await import('etcd3');
  const { tls, keepalive } = options;
  const credentials = readTls(tls);
  const secure = place.secure ?? credentials !== undefined;
  const servername = tls?.servername;
  const etcd = new Etcd3({
    hosts: `${secure ? 'https' : 'http'}://${place.name}`,
    ...(secure && credentials !== undefined ? { credentials } : {}),
    faultHandling: { host: () => once, global: once },
    defaultCallOptions: ({ isStream }) =>
      isStream ? {} : { deadline: Date.now() + hooks.patience },
    grpcOptions: {
      // Its own, so that no client inherits the socket of another, nor its back-off.
      'micro.client': (clients += 1),
      'grpc.enable_retries': 0,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.keepalive_time_ms': keepalive,
      'grpc.keepalive_timeout_ms': Math.ceil(keepalive / 2),
      'grpc.max_receive_message_length': answerBytes,
      ...(servername === undefined ? {} : { 'grpc.ssl_target_name_override': servername }),
      callInvocationTransformer: (call: Invocation) => transform(call, hooks),
    },
  });
  withoutName(etcd, place.host);
  return etcd;
}

/**
 * Certificates as the driver takes them, read again for each connection.
 * @throws ConfigError if a file cannot be read, or if what is in it does not fit together
 */
export function readTls(tls: EtcdSettings['tls']): Credentials | undefined {
  if (tls === undefined) return undefined;
  const { ca, cert, key } = readPem({ ca: tls.ca, cert: tls.cert, key: tls.key }, 'etcd');
  return {
    ...(ca === undefined ? {} : { rootCertificate: Buffer.from(ca) }),
    ...(cert === undefined ? {} : { certChain: Buffer.from(cert) }),
    ...(key === undefined ? {} : { privateKey: Buffer.from(key) }),
  } as Credentials; // the driver does without authorities, and takes the well-known ones
}

function transform(call: Invocation, { token, failed }: ClientHooks): Invocation {
  const known = token();
  // etcd gives no new token to those who come with one that it has forgotten.
  const isLogin = call.methodDefinition.path.endsWith('/Authenticate');
  if (known !== undefined && !isLogin) call.metadata.set('token', known);
  call.metadata.set('hasleader', 'true'); // a member without its cluster says so, and is not silent
  const { callback } = call;
  if (callback !== undefined)
    call.callback = (error, value) => callback(error === null ? null : failed(error), value);
  return call;
}
