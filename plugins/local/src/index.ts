import { closable, definePlugin } from '@micro-ts/interface';
import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { Census } from './census.ts';
import { claimFolder, defaultFolder } from './folder.ts';
import { LocalRegistry } from './local-registry.ts';
import type { LocalLink } from './local-registry.ts';
import { folderBytes, hasPipes } from './names.ts';
import { Presence } from './presence.ts';

const short = (folder: string): boolean => hasPipes || Buffer.byteLength(folder) <= folderBytes;

const options = v.strictObject({
  /**
   * Absolute path of the folder that the processes share, on a local disk of this host. It is made
   * unless it is there, and must be this user's alone. Default `micro-<uid>` in the temporary folder.
   */
  folder: v.optional(
    v.pipe(
      v.string(),
      v.check(isAbsolute, 'must be an absolute path'),
      v.check(short, `is longer than ${folderBytes} bytes: the system cuts sockets' paths off`),
    ),
    defaultFolder,
  ),
});

/**
 * Registry of one host and many processes, in files: no daemon, no multicast. It reaches as far as the
 * folder does and one kernel: the processes of one user, in containers too if they share the folder.
 */
export const local = definePlugin({
  name: 'local',
  options,
  connect: async ({ folder: path }, { logger, limits }): Promise<LocalLink> => {
    const folder = await claimFolder(path);
    const presence = new Presence(folder.path);
    const link = closable(async () => {
      census.close();
      await presence.close();
    });
    const census = new Census(folder, { logger, bytes: limits.messageBytes, onGone: link.lose });
    return Object.assign(link, { folder, census, presence });
  },
  roles: {
    registry: {
      supports: { ttl: false, watch: true, scope: 'host' },
      create: (_options, { connection }) => new LocalRegistry(connection),
    },
  },
});

export default local;

declare module '@micro-ts/interface' {
  interface Plugins {
    local: typeof local;
  }
}
