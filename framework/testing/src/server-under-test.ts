/**
 * The server behind a plugin, in the hands of the test. The kit stops it, sees what the plugin says,
 * and starts it again; when a clause ends it runs.
 */
export interface ServerUnderTest {
  /** Kills it, as a crash does; resolves when it is gone. */
  stop(): Promise<void>;
  /** Starts it on the same address; resolves when it answers. What it stored may be lost. */
  start(): Promise<void>;
  /** Stops it from running without closing anything: SIGSTOP; resolves when it has stopped. */
  freeze?(): Promise<void>;
  /** Lets it run again: SIGCONT. */
  thaw?(): Promise<void>;
}
