import type { App } from 'micro-ts';
import type { Directory, DirectoryOptions } from './directory.ts';
import { openDirectory } from './directory.ts';
import { createMetadataRules } from './request-metadata.ts';
import type { MetadataOptions, MetadataRules } from './request-metadata.ts';

/** What the HTTP face of calls stands on; the plugins of this package are given it. */
export interface Edge {
  readonly app: App;
  readonly directory: Directory;
  readonly metadata: MetadataRules;
  /** Longest deadline that a client may ask for, in ms. */
  readonly longestTimeout: number;
  /** Closes what it opened; not the app. */
  close(): Promise<void>;
}

/** What {@link openEdge} can be told. */
export interface EdgeOptions extends DirectoryOptions, MetadataOptions {
  /** Longest deadline that a client may ask for with `Timeout`, in ms. Default 300,000. */
  readonly longestTimeout?: number;
}

/** Opens the HTTP face of an app's calls. Close it before the app. */
export async function openEdge(app: App, options: EdgeOptions = {}): Promise<Edge> {
  const directory = await openDirectory(app, options);
  return {
    app,
    directory,
    metadata: createMetadataRules(options),
    longestTimeout: options.longestTimeout ?? 300_000,
    close: () => directory.close(),
  };
}
