import type { Losable } from '@micro-ts/interface';
import type { Etcd3 } from 'etcd3';

/** A stream of the driver. */
export interface Duplex<Q, A> {
  write(request: Q): void;
  end(): void;
  cancel(): void;
  on(event: 'data', listener: (answer: A) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** A stream that is open. */
export interface Stream<Q> extends Losable {
  write(request: Q): void;
}

/** What streams run over. */
export interface Carrier {
  readonly lose: (reason?: unknown) => void;
  /** Opens a stream, which ends with the carrier. */
  open<Q, A>(
    start: (etcd: Etcd3) => Promise<Duplex<Q, A>>,
    receive: (answer: A, stream: Losable) => void,
  ): Promise<Stream<Q>>;
}
