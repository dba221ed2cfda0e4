export { certWithKey, clientTls } from './options.ts';
export type { ClientTls } from './options.ts';
export { readClientTls, readPem } from './read-tls.ts';
export type { TlsSettings } from './read-tls.ts';
