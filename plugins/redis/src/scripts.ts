import { queueScripts } from './queue-scripts.ts';
import { registryScripts } from './registry-scripts.ts';

/** All that runs on the server; each of them is atomic. */
export const scripts = { ...queueScripts, ...registryScripts };

/** Name of a script. */
export type ScriptName = keyof typeof scripts;
