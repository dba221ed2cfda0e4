export { startServer } from './start-server.ts';
export type { StartOptions } from './start-server.ts';
export { TestServer } from './test-server.ts';
export { serverUrl, urlVariable } from './server-url.ts';
export { needsServer } from './needs-server.ts';
export type { Suite } from './needs-server.ts';
export { howToInstall, serverKinds } from './recipes.ts';
export type { ServerKind } from './recipes.ts';
export { findProgram, serverCache } from './find-program.ts';
export { startFaultProxy } from './fault-proxy.ts';
export type { Fault, FaultProxy } from './fault-proxy.ts';
export { bundle } from './bundle.ts';
export { goProgram, needsGo } from './go-program.ts';
export type { GoProgram } from './go-program.ts';
/** An authority, and certificates and keys that it has signed, as PEM. For tests only: everybody can read the keys. */
export * as certificates from './certificates.ts';
