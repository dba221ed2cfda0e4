export { createAccess, allow, refuseQuestion } from './access.ts';
export type { Access, Answer, OnRefused, Refusal } from './access.ts';
export { accessOptions } from './options.ts';
export type { AccessInput, AccessOptions } from './options.ts';
export type { Identity } from './identity.ts';
export type { Wish } from './patterns.ts';
