import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { noMetadata } from 'micro-ts';
import type { Context, ContextKey } from 'micro-ts';
import { Observable } from 'rxjs';
import { runAsPartOf } from './current-call.ts';

/**
 * Cancels the calls of an HTTP handler when its client goes away before it has the answer. It stands
 * where it is wanted, at a handler, a controller or all of them, because Nest's handlers run to their
 * end otherwise, and one that has written half of what belongs together should. Of handlers of other
 * transports it does nothing: those of `MicroServer` are cancelled by their callers anyway.
 * @example @UseInterceptors(CancelOnDisconnect) @Get(':id') get(@Param('id') id: string) {}
 * @example providers: [{ provide: APP_INTERCEPTOR, useClass: CancelOnDisconnect }]
 */
@Injectable()
export class CancelOnDisconnect implements NestInterceptor {
  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (host.getType() !== 'http') return next.handle();
    const response = host.switchToHttp().getResponse<Response>();
    const context = new RequestContext(response, host);
    // What an observable calls belongs to the request too, and it calls when it is subscribed to.
    return new Observable((subscriber) =>
      runAsPartOf(context, () => next.handle().subscribe(subscriber)),
    );
  }
}

/** Express hands on Node's response; Fastify one of its own, and Node's with it. */
type Response = ServerResponse | { readonly raw: ServerResponse };

/** An HTTP request as a call that others are part of: it ends when nobody waits for the answer. */
class RequestContext implements Context {
  readonly service: string;
  readonly endpoint: string;
  readonly metadata = noMetadata;
  readonly attempt = 1;
  readonly peer = undefined;
  readonly signal: AbortSignal;
  readonly timeLeft = Infinity;
  readonly #values = new Map<ContextKey<unknown>, unknown>();

  constructor(response: Response, host: ExecutionContext) {
    this.service = host.getClass().name;
    this.endpoint = host.getHandler().name;
    const disconnect = new AbortController();
    this.signal = disconnect.signal;
    finished('raw' in response ? response.raw : response, (error) => {
      if (error) disconnect.abort();
    });
  }

  get<T>(key: ContextKey<T>): T {
    return (this.#values.has(key) ? this.#values.get(key) : key.initial) as T;
  }

  set<T>(key: ContextKey<T>, value: T): void {
    this.#values.set(key, value);
  }
}
