import { registryKit } from '@micro-ts/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import local from './index.ts';

describe('the contract of registries', () => {
  const folder = mkdtempSync(join(tmpdir(), 'local-kit-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  registryKit({ it, plugin: () => local({ folder }), shortestTtl: 500 });
});
