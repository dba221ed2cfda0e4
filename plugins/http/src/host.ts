import { createServer as createHttp } from 'node:http';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions, TLSSocket } from 'node:tls';
import { closable, MicroError } from '@micro-ts/interface';
import type { Closable, Lifetime, Limits } from '@micro-ts/interface';
import { formatAddress, parseAddress } from '@micro-ts/wire';
import { Accepted } from './accepted.ts';
import { plainAgain } from './plain-again.ts';

/** What a host hands on. */
export interface HostListener {
  /** @returns what ends when the other side goes away before it has its answer */
  request(
    request: IncomingMessage,
    response: ServerResponse,
    accepted: Accepted,
  ): Lifetime | undefined;
  /** Takes the socket and returns true, or leaves it. Without it, upgrades are not looked at. */
  upgrade?(request: IncomingMessage, head: Buffer, accepted: Accepted): boolean;
}

/** What a host needs to know. */
export interface HostSettings {
  readonly limits: Limits;
  /** Certificate and key; `undefined` for plain HTTP. */
  readonly tls: TlsOptions | undefined;
  /** How long a peer may leave an answer unread, in ms. Default 30 s. */
  readonly unread?: number;
}

/** Length of a round of the sweep, in ms. */
const round = 5_000;
/** Rounds after which an idle connection is dismissed: 90 s. Go's clients keep theirs for 60 s. */
const idleRounds = 18;
/** How long a peer may take to read on, in ms. */
const unread = 30_000;
/** Longest that one request may take to arrive, in ms. */
const slowest = 60_000;

/**
 * A listening HTTP server that peers cannot wear out: heads and bodies that never end, sockets that
 * nobody uses or reads are closed, and a connection is only closed in a way that tells the other side
 * whether its last request was read.
 */
export class Host implements Closable {
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  /** Where it listens, with the port that was found. */
  readonly address: string;
  draining = false;
  readonly #server: Server;
  readonly #listener: HostListener;
  readonly #limits: Limits;
  readonly #unread: number;
  readonly #accepted = new Map<Duplex, Accepted>();
  /** Every socket that is open, TLS or not, upgraded or not. */
  readonly #sockets = new Set<Socket>();
  #round = 0;

  constructor(server: Server, host: string, listener: HostListener, settings: HostSettings) {
    this.#server = server;
    this.#listener = listener;
    this.#limits = settings.limits;
    this.#unread = settings.unread ?? unread;
    this.address = formatAddress(host, (server.address() as AddressInfo).port);
    const sweep = setInterval(() => this.#sweep(), round);
    sweep.unref();
    const end = closable(async () => {
      clearInterval(sweep);
      const stopped = new Promise((resolve) => server.close(resolve));
      for (const socket of this.#sockets) socket.destroy();
      await stopped;
    });
    this.closed = end.closed;
    this.close = end.close;
    server.removeAllListeners('error').on('error', end.lose);
    server.on('connection', (socket: Socket) => {
      if (this.#sockets.has(socket)) return;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    if (settings.tls === undefined) server.on('connection', (socket: Socket) => this.#of(socket));
    else server.on('secureConnection', (socket: TLSSocket) => this.#secure(socket, settings));
    server.on('timeout', cutUnread);
    server.on('request', (request, response) => this.#request(request, response));
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      const length = Number(request.headers['content-length'] ?? 0);
      if (length <= this.#limits.messageBytes) response.writeContinue();
      this.#request(request, response);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      this.#unreadable(error, this.#of(socket)),
    );
    if (listener.upgrade !== undefined) {
      server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    }
  }

  /**
   * Dismisses what is idle, and resolves when the connections that were open have ended. Those that
   * come later stay, to be told.
   */
  async drain(): Promise<void> {
    this.draining = true;
    const open = [...this.#accepted.values()];
    const gone = open.map(
      ({ socket }) => new Promise((resolve) => void socket.once('close', resolve)),
    );
    for (const accepted of open) accepted.whenIdle(() => accepted.dismiss('the node is going'));
    await Promise.all(gone);
  }

  #of(socket: Duplex): Accepted {
    let accepted = this.#accepted.get(socket);
    if (accepted === undefined) {
      accepted = new Accepted(socket, this.draining, this.#round);
      this.#accepted.set(socket, accepted);
      socket.once('close', () => this.#accepted.delete(socket));
    }
    return accepted;
  }

  #secure(socket: TLSSocket, { tls }: HostSettings): void {
    const accepted = this.#of(socket);
    if (tls?.requestCert !== true || socket.authorized) return;
    const why = 'a certificate is needed that is trusted here';
    accepted.refuse(401, new MicroError('unauthenticated', why, { refused: true }));
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const accepted = this.#of(request.socket);
    if (accepted.leaving) return;
    accepted.begin(response);
    const lifetime = this.#listener.request(request, response, accepted);
    response.on('close', () => {
      if (!response.writableFinished) lifetime?.end(new MicroError('cancelled', 'the caller left'));
      accepted.end(this.#round);
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const accepted = this.#of(socket);
    if (accepted.leaving) return;
    // What asks later might be answered before the requests in front of it.
    if (accepted.requests === 0 && this.#listener.upgrade?.(request, head, accepted) === true) {
      this.#accepted.delete(socket);
      return;
    }
    accepted.whenIdle(() => plainAgain(this.#server, request, socket, head));
  }

  #unreadable(error: NodeJS.ErrnoException, accepted: Accepted): void {
    if (accepted.leaving) return;
    switch (error.code) {
      case 'ERR_HTTP_REQUEST_TIMEOUT':
        accepted.refuse(408, new MicroError('deadline_exceeded', 'the request took too long'));
        return;
      case 'HPE_HEADER_OVERFLOW':
        accepted.refuse(431, new MicroError('resource_exhausted', 'the headers are too large'));
        return;
    }
    // Whatever else happens to a socket or to TLS leaves nobody who could be answered.
    if (error.code?.startsWith('HPE_') !== true) accepted.socket.destroy();
    else accepted.refuse(400, new MicroError('invalid_argument', `no HTTP: ${error.message}`));
  }

  #sweep(): void {
    this.#round++;
    for (const accepted of this.#accepted.values()) {
      const { running, lastRound } = accepted;
      const socket = accepted.socket as Socket;
      // Node's own timer sees whether the peer reads; it only runs while there is something to read.
      if (socket.writableLength > 0) {
        if (socket.timeout !== this.#unread) socket.setTimeout(this.#unread);
      } else if (running === 0 && this.#round - lastRound >= idleRounds) {
        accepted.dismiss('the connection was idle');
      }
    }
  }
}

function cutUnread(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy();
  else socket.setTimeout(0);
}

/**
 * Listens at the first free port of the address.
 * @throws MicroError `unavailable` if there is none, or if this machine has no such address
 */
export async function openHost(
  address: string,
  listener: HostListener,
  settings: HostSettings,
): Promise<Host> {
  const { host, port, lastPort } = parseAddress(address);
  for (let at = port; ; at++) {
    const server = createServer(settings);
    try {
      await listening(server, host, at);
      return new Host(server, host, listener, settings);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code === 'EADDRINUSE' && at < lastPort) continue;
      const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened at (${String(code)})`;
      throw new MicroError('unavailable', `${address} ${why}`, { cause });
    }
  }
}

function createServer({ limits, tls }: HostSettings): Server {
  const options: ServerOptions = {
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 15_000,
    keepAliveTimeout: 0, // the sweep does it, without a race
    headersTimeout: limits.handshake,
    requestTimeout: Math.max(slowest, limits.handshake),
    connectionsCheckingInterval: 500,
    maxHeaderSize: limits.metadataBytes + 8 * 1024, // for the request line and the headers of HTTP
  };
  const server =
    tls === undefined
      ? createHttp(options)
      : createHttps({ ...options, ...tls, handshakeTimeout: limits.handshake });
  server.maxHeadersCount = 0; // any limit makes headers vanish without a word
  server.timeout = 0;
  return server;
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
  });
}
