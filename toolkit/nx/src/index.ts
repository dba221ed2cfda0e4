export { createProject } from './new/create-project.ts';
export type { CreatedProject, ProjectOptions } from './new/create-project.ts';
export { initGenerator } from './init/generator.ts';
export { serviceGenerator } from './service/generator.ts';
export type { ServiceGeneratorOptions } from './service/generator.ts';
export type { ServiceOptions } from './service/options.ts';
export { UsageError } from './usage-error.ts';
export type { WriteOptions } from './write-files.ts';
