import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isUnspecified, parseAddress } from '@micro-ts/wire';
import { ConfigError } from 'micro-ts';

/** What the plain listener is given. */
export interface ListenerParts {
  /** Where it listens: `:80`. */
  readonly address: string;
  /** Names it sends on to https; nobody is sent anywhere else. */
  readonly hosts: ReadonlySet<string>;
  readonly redirectPort: number;
  readonly readAnswer: (token: string) => Promise<string | undefined>;
}

/** The plain HTTP side of a gateway with certificates of its own. */
export interface ChallengeListener {
  readonly port: number;
  close(): Promise<void>;
}

const challenge = /^\/\.well-known\/acme-challenge\/([\w-]{1,256})$/;

/**
 * Answers the authority's challenges, and sends everybody else to https.
 * @param key path of the option, for errors
 * @throws ConfigError if it cannot listen there
 */
export async function listenForChallenges(
  parts: ListenerParts,
  key: string,
): Promise<ChallengeListener> {
  const { host, port } = parseAddress(parts.address);
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 10_000 },
    (request, response) => {
      // Nothing that is sent here is wanted.
      response.setHeader('connection', 'close');
      answer(request, response, parts).catch(() => response.writeHead(500).end());
    },
  );
  server.maxConnections = 1_000;
  await new Promise<void>((resolve, reject) => {
    server.on('error', ({ code }: NodeJS.ErrnoException) => {
      const fix =
        'Port 80 needs a right of its own (setcap cap_net_bind_service), or a forward to another port.';
      reject(new ConfigError(key, `${parts.address} cannot be listened at: ${code}`, fix));
    });
    server.listen(port, isUnspecified(host) ? '::' : host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { method, url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  { hosts, redirectPort, readAnswer }: ListenerParts,
): Promise<void> {
  const token = challenge.exec(url)?.[1];
  if (token !== undefined) {
    const text = method === 'GET' || method === 'HEAD' ? await readAnswer(token) : undefined;
    if (text === undefined) return void response.writeHead(404).end();
    return void response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
  }
  const name = (headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
  if (!hosts.has(name) || !url.startsWith('/')) return void response.writeHead(404).end();
  const port = redirectPort === 443 ? '' : `:${redirectPort}`;
  response.writeHead(308, { location: `https://${name}${port}${url}` }).end();
}
