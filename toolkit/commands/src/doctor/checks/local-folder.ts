import { constants } from 'node:fs';
import { access, lstat, readdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { broken, fine, warning } from '../finding.ts';
import type { Found } from '../finding.ts';
import { registryOf } from '../surroundings.ts';
import type { Surroundings } from '../surroundings.ts';

/** Where the registry is the folder of this machine: whether it is this user's, and what is in it. */
export async function checkLocalFolder(around: Surroundings): Promise<readonly Found[]> {
  const { config } = await around.config();
  const { name, options } = registryOf(config, around.variables);
  if (name !== 'local' || process.platform === 'win32') return [];
  const own = join(tmpdir(), `micro-${process.getuid?.() ?? userInfo().username}`);
  const given = around.variables['MICRO_REGISTRY_ADDRESS'] || options['folder'];
  const folder = typeof given === 'string' ? given : own;
  const stat = await lstat(folder).catch(() => undefined);
  if (stat === undefined) return [fine(`${folder} is made when it is needed`)];
  const why = 'No program of this user starts with it';
  if (!stat.isDirectory())
    return [broken(`${folder} is not a folder`, why, `Remove it: rm ${folder}`)];
  if (stat.uid !== process.getuid?.())
    return [
      broken(
        `${folder} belongs to the user ${stat.uid}`,
        why,
        'Set the option `folder` of local to a folder of your own',
      ),
    ];
  if ((stat.mode & 0o077) !== 0)
    return [broken(`${folder} is open to others`, why, `Close it: chmod 700 ${folder}`)];
  const writable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return [broken(`${folder} cannot be written to`, why, `Open it: chmod 700 ${folder}`)];
  return contents(folder);
}

async function contents(folder: string): Promise<readonly Found[]> {
  const names = await readdir(folder);
  const strange = names.filter((name) => !/^[0-9a-f]{16}(\.\d+)?\.(sock|json|tmp)$/.test(name));
  const processes = new Set(
    names.filter((name) => !strange.includes(name)).map((name) => name.slice(0, 16)),
  );
  const dead: string[] = [];
  for (const id of processes) if (!(await answers(join(folder, `${id}.sock`)))) dead.push(id);
  const found: Found[] = [];
  if (strange.length > 0)
    found.push(
      warning(
        `${strange.length} files in ${folder} are none of the registry's`,
        strange.slice(0, 5).join(', '),
        'Remove them',
      ),
    );
  if (dead.length > 0) {
    const stale = names.filter((name) => dead.includes(name.slice(0, 16)));
    found.push(
      warning(
        `${stale.length} files in ${folder} are of ${dead.length} processes that are gone`,
        'They were killed',
        'The next program that looks for services removes them',
      ),
    );
  }
  return found.length > 0 ? found : [fine(`${folder}, ${processes.size} processes`)];
}

/** The socket of a living process takes connections; only a refusal proves a death. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path, () => (socket.destroy(), resolve(true)));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
  });
