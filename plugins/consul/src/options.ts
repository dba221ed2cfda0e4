import { clientTls } from '@micro-ts/tls';
import * as v from 'valibot';
import { placeForms, readPlace } from './place.ts';

const text = v.pipe(v.string(), v.nonEmpty());

/** A token as an HTTP header carries it. */
export const tokenForm = /^[!-~]+$/;

/** Options of the plugin `consul`. */
export const consulOptions = v.strictObject({
  /**
   * The agent of this machine, or a server: `host:port`, `http://host:port` or `https://host:port`.
   * Default: `CONSUL_HTTP_ADDR` from the environment, as Consul's own tools have it, else
   * `http://127.0.0.1:8500`. With `CONSUL_HTTP_SSL=true` in the environment TLS is spoken.
   */
  address: v.optional(
    v.pipe(
      v.string(),
      v.check((given) => readPlace(given) !== undefined, placeForms),
    ),
  ),
  /**
   * Token, where Consul has access lists. It needs `service:write` for what is registered, and
   * `service:read` and `node:read` for what is looked up. Default: `CONSUL_HTTP_TOKEN` from the
   * environment, else none.
   */
  token: v.optional(v.pipe(v.string(), v.regex(tokenForm, 'is not visible ASCII'))),
  /**
   * Datacenter that services are looked up in. Nodes are registered in the one of the agent, which
   * is the default here too.
   */
  datacenter: v.optional(text),
  /**
   * Speak TLS, to an address without `https://` too. Where TLS is spoken, what is not given here is
   * taken from the environment: `CONSUL_CACERT`, `CONSUL_CLIENT_CERT` with `CONSUL_CLIENT_KEY`, and
   * `CONSUL_TLS_SERVER_NAME`. `CONSUL_HTTP_SSL_VERIFY=false` counts only without `tls`.
   */
  tls: v.optional(clientTls),
});

/** Options as `micro.config.ts` may give them. */
export type ConsulOptions = v.InferInput<typeof consulOptions>;

/** Options with their defaults filled in. */
export type ConsulSettings = v.InferOutput<typeof consulOptions>;
