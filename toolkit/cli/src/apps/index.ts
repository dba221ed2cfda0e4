import type { LazyCommand, ToolkitApp } from '@micro-ts/commands';
import { ConfigError } from 'micro-ts';
import { importPackage } from '../import-package.ts';
import { appCommand } from './app-command.ts';

const summaries = {
  api: 'Run the API gateway: one HTTP entry point for all services',
  sidecar: 'Run a sidecar: every feature over HTTP, for programs in any language',
} as const;

/** `micro api` and its like. Each is a package of its own, and loaded when it is asked for. */
export const appEntries: readonly LazyCommand[] = Object.entries(summaries).map(
  ([name, summary]) => ({
    name,
    summary,
    permission: 'run',
    load: async () => appCommand(await loadApp(name)),
  }),
);

async function loadApp(name: string): Promise<ToolkitApp> {
  const { default: app } = await importPackage(`@micro-ts/${name}`);
  if (isApp(app)) return app;
  throw new ConfigError(
    `@micro-ts/${name}`,
    'is no app of the toolkit, or of another version',
    `npm install @micro-ts/${name}@latest @micro-ts/cli@latest`,
  );
}

const isApp = (value: unknown): value is ToolkitApp =>
  typeof value === 'object' &&
  value !== null &&
  ['name', 'summary', 'options', 'start'].every((key) => key in value);
