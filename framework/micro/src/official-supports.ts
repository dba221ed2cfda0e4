// Written by `node scripts/api.mjs` from what the plugins declare; do not edit.
import type { Role, SupportedRoles } from '@micro-ts/interface';

type Supports = { readonly [R in Role]?: SupportedRoles<R>[R]['supports'] };

/** What the plugins of Micro declare, installed or not. */
export const officialSupports: Readonly<Record<string, Supports>> = {};
