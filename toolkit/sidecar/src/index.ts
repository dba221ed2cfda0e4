import { defineToolkitApp } from '@micro-ts/commands';
import { sidecarOptions } from './options.ts';
import { createSidecar } from './sidecar.ts';

/** `micro sidecar` */
export default defineToolkitApp({
  name: 'sidecar',
  summary: 'Every feature of Micro over HTTP, for programs in any language',
  options: sidecarOptions,
  start: createSidecar,
});

export { createSidecar } from './sidecar.ts';
export type { Sidecar } from './sidecar.ts';
export { sidecarOptions } from './options.ts';
export type { SidecarOptions } from './options.ts';
