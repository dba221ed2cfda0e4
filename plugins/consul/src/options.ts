import { clientTls } from '@micro-ts/tls';
import * as v from 'valibot';
import { readPlace } from './place.ts';

const text = v.pipe(v.string(), v.nonEmpty());

/** Options of the plugin `consul`. */
export const consulOptions = v.pipe(
  v.strictObject({
    /**
     * The agent of this machine, or a server: `host:port`, `http://host:port` or `https://host:port`.
     * Default: `CONSUL_HTTP_ADDR` from the environment, as Consul's own tools have it, else
     * `http://127.0.0.1:8500`.
     */
    address: v.optional(
      v.pipe(
        v.string(),
        v.check(
          (given) => readPlace(given) !== undefined,
          'is host:port, http://host:port or https://host:port; a token is an option of its own',
        ),
      ),
    ),
    /**
     * Token, where Consul has access lists. It needs `service:write` for what is registered, and
     * `service:read` and `node:read` for what is looked up. Default: `CONSUL_HTTP_TOKEN` from the
     * environment, else none.
     */
    token: v.optional(v.pipe(v.string(), v.regex(/^[!-~]+$/, 'is visible ASCII'))),
    /**
     * Datacenter that services are looked up in. Nodes are registered in the one of the agent, which
     * is the default here too.
     */
    datacenter: v.optional(text),
    /** Speak TLS, to an address without `https://` too. */
    tls: v.optional(clientTls),
  }),
  v.check(
    ({ address, tls: given }) => given === undefined || !/^http:/i.test(address ?? ''),
    'tls is given, and the address begins with http://: drop one of them',
  ),
);

/** {@link consulOptions} as they are checked. */
export type ConsulOptions = v.InferOutput<typeof consulOptions>;
