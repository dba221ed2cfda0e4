export type { Directory, DirectoryEntry, DirectoryOptions } from './directory.ts';
