import type { FastifyRequest } from 'fastify';
import type { App } from 'micro-ts';
import type { Directory, DirectoryOptions } from './directory.ts';
import { openDirectory } from './directory.ts';
import type { CallTarget } from './find-endpoint.ts';
import { LiveStreams } from './live-streams.ts';
import type { StreamLimits } from './live-streams.ts';
import { createMetadataRules } from './request-metadata.ts';
import type { MetadataOptions, MetadataRules } from './request-metadata.ts';
import { createVersionRule } from './service-version.ts';
import type { VersionRule } from './service-version.ts';

/** What the HTTP face of calls stands on; the plugins of this package are given it. */
export interface Edge {
  readonly app: App;
  readonly directory: Directory;
  readonly metadata: MetadataRules;
  /** Which nodes of a target a request means. */
  readonly version: VersionRule;
  /** Longest deadline that a client may ask for, in ms. */
  readonly longestTimeout: number;
  /** What runs without an end: `streams.end()` before the server closes, which waits for them. */
  readonly streams: LiveStreams;
  /** Throws a MicroError for a caller who may not have what the request asks for. */
  readonly allow: Allow | undefined;
  /** Told of what services ask for and do not get, such as a path that another one has. */
  readonly warn: ((text: string) => void) | undefined;
  /** Closes what it opened; not the app. */
  close(): Promise<void>;
}

/** Says no, by throwing, before anything is called. */
export type Allow = (request: FastifyRequest, target: CallTarget) => void;

/** What {@link openEdge} can be told. */
export interface EdgeOptions extends DirectoryOptions, MetadataOptions, StreamLimits {
  /** Longest deadline that a client may ask for with `Timeout`, in ms. Default 300,000. */
  readonly longestTimeout?: number;
  /** Asked before each call; whoever it is may call everything without it. */
  readonly allow?: Allow | undefined;
  /** Told of what services ask for and do not get; nobody is without it. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** Opens the HTTP face of an app's calls. Close it before the app. */
export async function openEdge(app: App, options: EdgeOptions = {}): Promise<Edge> {
  const directory = await openDirectory(app, options);
  return {
    app,
    directory,
    version: createVersionRule(directory),
    metadata: createMetadataRules(options),
    longestTimeout: options.longestTimeout ?? 300_000,
    streams: new LiveStreams(options),
    allow: options.allow,
    warn: options.warn,
    close: () => directory.close(),
  };
}
