export { createService } from './new/create-service.ts';
export type { CreatedService, NewServiceOptions } from './new/create-service.ts';
export { initGenerator } from './init/generator.ts';
export { serviceGenerator } from './service/generator.ts';
export type { ServiceGeneratorOptions } from './service/generator.ts';
export type { ServiceOptions } from './service/options.ts';
export { UsageError } from './usage-error.ts';
export type { WriteOptions } from './write-files.ts';
