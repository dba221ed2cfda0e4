/**
 * Every way to fail; there are no others. The names and meanings are gRPC's. `http` is the status
 * that a gateway answers, `micro` the number in go-micro's error object, `retry` tells whether another
 * attempt can help where repeating does no harm.
 */
export const errorCodes = {
  /** The caller went away. */
  cancelled: { http: 499, micro: 499, retry: false },
  /** A peer failed without saying how. */
  unknown: { http: 500, micro: 500, retry: false },
  /** The request is wrong, whatever the state of the system. */
  invalid_argument: { http: 400, micro: 400, retry: false },
  /** Too late; the work may have been done all the same. */
  deadline_exceeded: { http: 504, micro: 408, retry: true },
  /** There is no such thing, or no such service. */
  not_found: { http: 404, micro: 404, retry: false },
  /** What should be made is there already. */
  already_exists: { http: 409, micro: 409, retry: false },
  /** The caller is known and may not. */
  permission_denied: { http: 403, micro: 403, retry: false },
  /** A quota, a rate or a size is used up. */
  resource_exhausted: { http: 429, micro: 429, retry: true },
  /** The system is not in a state for it. */
  failed_precondition: { http: 412, micro: 412, retry: false },
  /** Lost against a concurrent change. */
  aborted: { http: 409, micro: 409, retry: true },
  /** Beyond the valid range, such as past an end. */
  out_of_range: { http: 400, micro: 400, retry: false },
  /** No such endpoint, or something that is not supported. */
  unimplemented: { http: 501, micro: 501, retry: false },
  /** A bug. Its text stays in the log. */
  internal: { http: 500, micro: 500, retry: false },
  /** No node or server can be reached now. */
  unavailable: { http: 503, micro: 503, retry: true },
  /** Bytes were lost or cannot be read. */
  data_loss: { http: 500, micro: 500, retry: false },
  /** The caller has not shown who it is. */
  unauthenticated: { http: 401, micro: 401, retry: false },
} as const satisfies Record<
  string,
  { readonly http: number; readonly micro: number; readonly retry: boolean }
>;

/** Name of a way to fail: a key of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/** Whether an event whose handler fails so comes again while attempts last: a bug may be one of the moment. */
export const isRedelivered = (code: ErrorCode): boolean =>
  errorCodes[code].retry || code === 'internal';

/** What a {@link MicroError} can be given besides its code and text. */
export interface MicroErrorOptions {
  readonly origin?: string | undefined;
  readonly details?: unknown;
  readonly refused?: boolean | undefined;
  readonly cause?: unknown;
}

const brand = Symbol.for('@micro-ts/error');

/**
 * The one error of Micro. Anything else that a handler throws reaches the caller as `internal`,
 * without its text, and stands in the log with its cause.
 * @example throw new MicroError('not_found', `no user ${id}`, { details: { id } });
 */
export class MicroError extends Error {
  override readonly name = 'MicroError';
  readonly code: ErrorCode;
  /** Who made it: the name of a service, or `micro.client`. go-micro's `id`. */
  readonly origin: string | undefined;
  /** Data for the caller; travels as JSON. */
  readonly details: unknown;
  /**
   * The request was certainly not processed: it never left, or the peer turned it away unread. Such
   * a call is tried again even where the endpoint is not marked idempotent.
   */
  readonly refused: boolean;

  /** @param options `cause` is logged and never sent. */
  constructor(code: ErrorCode, message: string, options: MicroErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.origin = options.origin;
    this.details = options.details;
    this.refused = options.refused ?? false;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True for the errors of another copy of this package too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }

  /** `reason` itself if it is a `MicroError`; else one with `code`, and a text that tells nothing. */
  static from(reason: unknown, code: ErrorCode = 'internal'): MicroError {
    if (reason instanceof MicroError) return reason;
    return new MicroError(code, code.replaceAll('_', ' '), { cause: reason });
  }
}

/** A mistake in the configuration, with its cure. Stops the boot, and so never reaches a caller. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Path of the value: `broker.servers`. */
  readonly key: string;

  /** @param fix what to do about it, as a sentence or a command: `npm install @micro-ts/etcd`. */
  constructor(key: string, problem: string, fix?: string) {
    super(fix === undefined ? `${key}: ${problem}` : `${key}: ${problem}\n  ${fix}`);
    this.key = key;
  }
}
