export { MicroModule } from './micro.module.ts';
export type { MicroModuleAsyncOptions } from './micro.module.ts';
export { App } from './app.ts';
export { InjectClient } from './inject-client.ts';
