import { connect } from 'node:net';
import type { Node } from 'micro-ts';
import { isLoopback, parseAddress } from '@micro-ts/wire';
import { request } from 'undici';
import { refusal } from '@micro-ts/edge';

/** Looks once whether an app is well. Rejects with the reason if it is not, or cannot say so in time. */
export type Probe = (timeout: number) => Promise<void>;

/**
 * How a node is checked: its URL, if it has one, must answer 200; else its port must be open.
 * @param allowed hosts that may be asked besides the node's own: what the sidecar reaches is not for
 *   everybody to look at
 * @throws MicroError `invalid_argument`
 */
export function probeOf(
  { address }: Pick<Node, 'address'>,
  healthcheck: string | undefined,
  allowed: readonly string[],
): Probe | undefined {
  if (healthcheck === 'none') return undefined;
  const { host, port } = parseAddress(address);
  if (healthcheck === undefined) return (timeout) => dial(host, port, timeout);
  const url = URL.canParse(healthcheck) ? new URL(healthcheck) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw refusal('invalid_argument', 'healthcheck: should be an http or https URL');
  const asked = url.hostname.replace(/^\[|\]$/g, '');
  const own = asked === host.toLowerCase() || (isLoopback(asked) && isLoopback(host));
  if (!own && !allowed.includes(asked) && !allowed.includes('*'))
    throw refusal(
      'permission_denied',
      `healthcheck: ${asked} is not where the app is; allow it by healthcheckHosts`,
    );
  return (timeout) => ask(url, timeout);
}

/** Asks a URL, which must say 200. Redirections are not followed, and what it says is not read. */
export async function ask(url: URL, timeout: number): Promise<void> {
  const { statusCode, body } = await request(url, {
    signal: AbortSignal.timeout(timeout),
    headers: { 'user-agent': 'micro-sidecar' },
    reset: true,
  });
  body.on('error', () => undefined).destroy();
  if (statusCode !== 200) throw new UnwellError(statusCode);
}

/** An app that says of itself that it is not well. */
export class UnwellError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`Non 200 response: ${status}`);
    this.status = status;
  }
}

function dial(host: string, port: number, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer in ${timeout} ms`)),
      timeout,
    );
    socket.once('connect', () => {
      resolve();
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(timer));
  });
}
