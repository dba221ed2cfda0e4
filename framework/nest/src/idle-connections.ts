import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';

/** How often to look for connections that have become idle, in ms. */
const interval = 50;

/** The part of Node's HTTP server that is used here. */
interface HttpServer {
  readonly listening: boolean;
  closeIdleConnections?(): void;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * An HTTP server that is closed waits for connections which its clients keep alive, for more than a
 * minute, if a request was running on them: this closes them when that is answered.
 */
export class IdleConnections implements BeforeApplicationShutdown {
  readonly #host: HttpAdapterHost | undefined;

  constructor(host: HttpAdapterHost | undefined) {
    this.#host = host;
  }

  beforeApplicationShutdown(): void {
    const server = this.#host?.httpAdapter?.getHttpServer() as HttpServer | undefined;
    if (server?.closeIdleConnections === undefined || !server.listening) return;
    const timer = setInterval(() => server.closeIdleConnections?.(), interval).unref();
    server.once('close', () => clearInterval(timer));
  }
}
