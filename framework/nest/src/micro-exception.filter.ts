import { Catch, HttpException, Injectable, Logger } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { BaseRpcExceptionFilter } from '@nestjs/microservices';
import { MicroError } from 'micro-ts';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { isPartOfCall } from './current-call.ts';
import { httpExceptionOf, microErrorOf } from './errors.ts';
import { MicroContext } from './micro-context.ts';

/**
 * Makes a failed call the answer that it should be: over HTTP the status of its code, in a handler of
 * `MicroServer` the same error for its caller. There it translates `HttpException` too, such as those
 * of `ValidationPipe`. `MicroModule` has one at work; an application without it, and a hybrid one that
 * does not inherit its configuration, use this one.
 * @example app.useGlobalFilters(new MicroExceptionFilter(app.getHttpAdapter()));
 */
@Catch(MicroError, HttpException)
export class MicroExceptionFilter extends BaseExceptionFilter<MicroError | HttpException> {
  override catch(
    exception: MicroError | HttpException,
    host: ArgumentsHost,
  ): Observable<never> | undefined {
    const type: string = host.getType();
    if (type === 'rpc') return rpc(exception, host);
    if (type === 'http') this.#http(exception, host);
    else if (type === 'ws') emit(exception, host);
    else throw exception;
    return undefined;
  }

  #http(exception: MicroError | HttpException, host: ArgumentsHost): void {
    if (exception instanceof HttpException) return super.catch(exception, host);
    const translated = httpExceptionOf(exception);
    // What its caller is not told, somebody has to be.
    if (translated.getStatus() === 500) logger.error(exception);
    super.catch(translated, host);
  }
}

/** Nest asks for a filter by class, and what an application does with its requests is its own affair. */
class HttpExceptionOfCall {
  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof HttpException && isPartOfCall();
  }
}

/** The one of `MicroModule`: leaves `HttpException`s of HTTP to the filters of the application. */
@Injectable()
@Catch(MicroError, HttpExceptionOfCall)
export class MicroErrorFilter extends MicroExceptionFilter {}

const logger = new Logger('MicroExceptionFilter');

/** Other transports know nothing of a `MicroError`: they get what they would of an `RpcException`. */
function rpc(exception: MicroError | HttpException, host: ArgumentsHost): Observable<never> {
  if (host.getArgByIndex<unknown>(1) instanceof MicroContext)
    return throwError(() => microErrorOf(exception));
  if (exception instanceof HttpException)
    return new BaseRpcExceptionFilter().catch(exception, host) as Observable<never>;
  const body = httpExceptionOf(exception).getResponse();
  return throwError(() => ({ status: 'error', ...(body as object) }));
}

/** As Nest's own filter for web sockets does it. */
function emit(exception: MicroError | HttpException, host: ArgumentsHost): void {
  const client = host.switchToWs().getClient<{ emit?(event: string, data: unknown): void }>();
  const { message } = exception instanceof MicroError ? httpExceptionOf(exception) : exception;
  client.emit?.('exception', { status: 'error', message });
}
