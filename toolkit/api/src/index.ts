import { defineToolkitApp } from '@micro-ts/commands';
import { createGateway } from './gateway.ts';
import { apiOptions } from './options.ts';

export { createGateway } from './gateway.ts';
export type { Gateway } from './gateway.ts';
export type { ApiOptions } from './options.ts';

/** `micro api` */
export default defineToolkitApp({
  name: 'api',
  summary: 'One HTTP entry point for all services',
  options: apiOptions,
  async start(options, config) {
    const gateway = await createGateway(options, config);
    return { lines: [`Gateway at ${gateway.url}`], close: () => gateway.close() };
  },
});
