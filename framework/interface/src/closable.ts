/**
 * Something that lives until it is closed or lost: a plugin's connection, a connection to a node, a
 * listener, a subscription, a watch. Only these hold sockets and timers; the roles are verbs.
 *
 * It lives **once** and never repairs itself. It says that it is gone, and core opens a new one, with
 * jittered back-off, and tells health. So no plugin has a retry loop, and a driver's own is switched
 * off.
 */
export interface Closable {
  /** Resolves when it is gone: with `undefined` after `close()`, with the reason when it was lost. */
  readonly closed: Promise<unknown>;
  /** Lets go of everything. Calling it twice is fine. Resolves when nothing is left open. */
  close(): Promise<void>;
}

/** A {@link Closable} in the hands of its maker, who alone can tell that it was lost. */
export interface Losable extends Closable {
  /** Says that it is gone and why. Bound, so that it can be handed to an event as it is. */
  readonly lose: (reason?: unknown) => void;
}

/**
 * Makes a {@link Closable} of the work that releases it. The work is done once, whether it was closed
 * or lost. A loss is told at once, before the work, which may hang on what died; its failure rejects
 * `close()` only.
 * @example
 * const watch = closable(() => watcher.cancel());
 * watcher.on('disconnected', watch.lose);
 */
export function closable(release: () => unknown): Losable {
  let settle!: (reason: unknown) => void;
  const closed = new Promise<unknown>((resolve) => (settle = resolve));
  let released: Promise<void> | undefined;
  const end = (): Promise<void> => {
    if (released !== undefined) return released;
    // Before the work begins, so that work which closes what it releases is not done again.
    let done!: (work: Promise<void>) => void;
    released = new Promise((resolve) => (done = resolve));
    done((async () => void (await release()))());
    return released;
  };
  return {
    closed,
    close: () => end().finally(() => settle(undefined)),
    lose: (reason = 'lost') => {
      if (released === undefined) settle(reason);
      void end().catch(() => undefined);
    },
  };
}
