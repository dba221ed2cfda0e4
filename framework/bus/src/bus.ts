import type { Closable } from '@micro-ts/interface';

/** A call or an answer as go-micro's transports send it: no tunnel, no frames. */
export interface PlainMessage {
  /** With the names as they are spelt. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Told what arrives at one place of a bus. Nothing of it may throw. */
export interface Receiver {
  /**
   * A message of a tunnel.
   * @param id of the tunnel
   * @param bytes are not used again by the medium
   * @param reply where the other end of the tunnel is
   */
  tunnel(id: string, bytes: Buffer, reply: string): void;
  /**
   * A message of go-micro: a request at a listener, an answer at others.
   * @param id what it answers, or what its answer says
   * @param read decodes it; throws if it cannot be read
   * @param reply where an answer goes; empty if nowhere
   */
  plain(id: string, read: () => PlainMessage, reply: string): void;
  /** What was sent for `id` found nobody. */
  nobody(id: string): void;
}

/** A place of this process on a bus: what it sends is sent from there. */
export interface Post extends Closable {
  /** For a listener, the address of its node. */
  readonly address: string;
  /** Largest message of a tunnel that should be sent, in bytes. */
  readonly maxBytes: number;
  /** False while the medium has enough of what was sent, until `whenWritable`. */
  readonly writable: boolean;
  /** Calls once there is room again. */
  whenWritable(work: () => void): void;
  /** Sends a message of a tunnel to the other end; {@link Receiver.nobody} if it is not there. */
  tell(to: string, id: string, bytes: Uint8Array): void;
  /**
   * Sends a call to a node; its answer carries `id`, and so does {@link Receiver.nobody}.
   * @throws MicroError `resource_exhausted`, refused, if it is larger than the medium takes
   */
  ask(address: string, id: string, message: PlainMessage): void;
  /** Answers a call. @throws MicroError `resource_exhausted` if it is larger than the medium takes */
  answer(reply: string, id: string, message: PlainMessage): void;
  /** Takes no more of go-micro's calls; resolves when those on their way here have arrived. */
  drain(): Promise<void>;
  /** Resolves when all that was sent so far has left this process, and what came before the answer was read. */
  flush(): Promise<void>;
}

/**
 * What a plugin makes of its connection. Both resolve when what is sent to the place arrives there;
 * a place that cannot go on, such as one whose connection was lost, says so with `closed`.
 */
export interface Bus {
  /** A place for answers. */
  open(receiver: Receiver): Promise<Post>;
  /** @param address a place of that name; without it, any new one */
  listen(address: string | undefined, receiver: Receiver): Promise<Post>;
  /** Where at a node tunnels are opened. */
  door(address: string): string;
}
