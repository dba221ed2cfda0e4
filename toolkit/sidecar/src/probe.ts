import { connect } from 'node:net';
import type { Node } from 'micro-ts';
import { formatAddress, isLoopback, parseAddress } from '@micro-ts/wire';
import { request } from 'undici';
import { refusal } from '@micro-ts/edge';

/** Looks once whether an app is well. Rejects with the reason if it is not, or cannot say so in time. */
export type Probe = (timeout: number) => Promise<void>;

/**
 * How a node is checked: its URL, if it has one, must answer 200; else its port must be open.
 * @param allowed what may be asked besides the node's own address: `host`, `host:port`, `:port` for
 *   this port of the node's own host, `*` for all. What the sidecar reaches is not for everybody to
 *   look at
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
  if (!mayAsk(url, { host, port }, allowed))
    throw refusal(
      'permission_denied',
      `healthcheck: ${url.host} is not where the app is, ${address}; allow it by healthcheckHosts`,
    );
  return (timeout) => ask(url, timeout);
}

/** Where something is asked. */
interface Place {
  readonly host: string;
  readonly port: number;
}

function mayAsk(url: URL, node: Place, allowed: readonly string[]): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? usualPorts[url.protocol] : Number(url.port);
  if (port === undefined) return false;
  const here = host === node.host.toLowerCase() || (isLoopback(host) && isLoopback(node.host));
  if (here && (port === node.port || allowed.includes(`:${port}`))) return true;
  return ['*', host, formatAddress(host, port)].some((each) => allowed.includes(each));
}

const usualPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

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
