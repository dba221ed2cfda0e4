export { openApiOf } from './document.ts';
export type { OpenApiOptions, SecurityScheme } from './document.ts';
export type { OpenApiMount } from './routes.ts';
export { serveOpenApi } from './serve-openapi.ts';
export type { OpenApiParts } from './serve-openapi.ts';
