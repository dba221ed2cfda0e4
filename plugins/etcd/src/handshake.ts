import type { Etcd3 } from 'etcd3';
import { isIP } from 'node:net';

interface Connector {
  readonly connectionOptions?: { servername?: string };
}

interface Credentials {
  _createSecureConnector?(...args: readonly unknown[]): Connector;
}

interface Inside {
  readonly pool?: { readonly hosts?: readonly { readonly channelCredentials?: Credentials }[] };
}

/**
 * Dials a member by TLS without a name where it has none: gRPC gives its address for a name, which the
 * protocol does not allow and Node warns of (DEP0123). The certificate is checked against the address
 * all the same. In versions of the driver that are made otherwise, nothing changes.
 */
export function withoutName(etcd: Etcd3, host: string): void {
  if (isIP(host) === 0) return;
  // By a private field: the public `grpc.ssl_target_name_override` is sent, and checked for, alike.
  for (const { channelCredentials } of (etcd as unknown as Inside).pool?.hosts ?? []) {
    const create = channelCredentials?._createSecureConnector?.bind(channelCredentials);
    if (channelCredentials === undefined || create === undefined) continue;
    channelCredentials._createSecureConnector = (...args) => {
      const connector = create(...args);
      const { connectionOptions } = connector;
      if (connectionOptions !== undefined && isIP(connectionOptions.servername ?? '') !== 0) {
        delete connectionOptions.servername;
      }
      return connector;
    };
  }
}
