import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { group } from './channel.ts';
import { findInterface } from './network-interface.ts';

/** A network of its loopback interface alone; the route to groups has no source address there. */
const setUp = 'ip link set lo up && ip route add 224.0.0.0/4 dev lo';
const enter = ['--map-root-user', '--net', 'sh', '-c', `${setUp} && exec "$0" "$@"`];
const alone = spawnSync('unshare', [...enter, 'true']).status === 0;

/** What `findInterface` finds in a process of that network. */
function foundAlone(): unknown {
  const tsx = createRequire(__filename).resolve('tsx');
  const file = pathToFileURL(join(__dirname, 'network-interface.ts')).href;
  const script = `
    import { findInterface } from ${JSON.stringify(file)};
    const found = await findInterface(undefined, '${group}');
    console.log(JSON.stringify({ ...found, there: found.isThere() }));`;
  const flags = ['--conditions=@micro-ts/source', '--import', pathToFileURL(tsx).href];
  const args = [...flags, '--input-type=module', '-e', script];
  const run = spawnSync('unshare', [...enter, process.execPath, ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

describe('the interface', () => {
  it('has an address that this machine has', async () => {
    const found = await findInterface(undefined, group);
    const own = Object.values(networkInterfaces()).flatMap((all = []) => all);
    expect(own.map(({ address }) => address)).toContain(found.address);
    expect(found.isThere()).toBe(true);
  });

  (alone ? it : it.skip)(
    'is no address of nowhere, if the route to the group has no source',
    () => {
      expect(foundAlone()).toEqual({ address: '127.0.0.1', heard: ['127.0.0.1'], there: true });
    },
    30_000,
  );

  it('that there is not is answered with those that there are', async () => {
    await expect(findInterface('none0', group)).rejects.toThrow(/mdns\.interface.*none0/s);
  });
});
