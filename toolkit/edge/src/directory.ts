import type { App, Endpoint, Node } from 'micro-ts';

/** A service as it is registered now. */
export interface DirectoryEntry {
  readonly service: string;
  /** Those that are up; none if it was known and all are gone. */
  readonly nodes: readonly Node[];
  /** What can be called, by name: of the newest node that has it; no subscriptions. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

/** What is registered, live: kept by one watch, and read without waiting. */
export interface Directory {
  /** Grows with each change. */
  readonly version: number;
  /** `undefined` for a service that nobody has heard of (lately). */
  service(name: string): DirectoryEntry | undefined;
  services(): readonly DirectoryEntry[];
  /** Tells each change; returns what stops that. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** What a directory can be told. */
export interface DirectoryOptions {
  /** How long a service without nodes is remembered (503, not 404), in ms. Default 600,000. */
  readonly rememberFor?: number;
}

export declare function openDirectory(app: App, options?: DirectoryOptions): Promise<Directory>;
