import type { Socket } from 'node:net';
import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';

/** How often to look for connections that have become idle, in ms. */
const interval = 50;

/** How long a new connection may take to say something when the server closes, in ms. */
const patience = 1_000;

/** The part of Node's HTTP server that is used here. */
interface HttpServer {
  readonly listening: boolean;
  closeIdleConnections?(): void;
  on(event: 'connection', listener: (socket: Socket) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * An HTTP server that is closed waits, for a minute or more, for connections which its clients keep
 * alive, if a request was running on them, and for those which browsers open ahead of need: this closes
 * them when they are answered, and when they say nothing.
 */
export class IdleConnections implements OnModuleInit, BeforeApplicationShutdown {
  readonly #host: HttpAdapterHost | undefined;
  readonly #open = new Set<Socket>();

  constructor(host: HttpAdapterHost | undefined) {
    this.#host = host;
  }

  onModuleInit(): void {
    this.#server?.on?.('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  beforeApplicationShutdown(): void {
    const server = this.#server;
    if (server?.closeIdleConnections === undefined || !server.listening) return;
    const began = performance.now();
    const timer = setInterval(() => {
      server.closeIdleConnections?.();
      if (performance.now() - began > patience) this.#closeSilent();
    }, interval).unref();
    server.once('close', () => clearInterval(timer));
  }

  #closeSilent(): void {
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
  }

  get #server(): HttpServer | undefined {
    return this.#host?.httpAdapter?.getHttpServer() as HttpServer | undefined;
  }
}
