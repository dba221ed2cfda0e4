export { openCertificates } from './certificates.ts';
export type { Certificates } from './certificates.ts';
export type { HostState, Pace } from './host-certificate.ts';
export { acmeOptions } from './options.ts';
export type { AcmeInput, AcmeOptions } from './options.ts';
