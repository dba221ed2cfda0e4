import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { serverKinds } from '@micro-ts/testing/servers';

const read = (name: string): string => readFileSync(join(__dirname, name), 'utf8');

/** What scripts/servers.mjs finds that the tests of a folder need. */
const serversOf = (...folders: string[]): unknown =>
  JSON.parse(
    execFileSync(process.execPath, [
      ...['--input-type=module', '-e'],
      `import { serversOf } from ${JSON.stringify(join(__dirname, 'servers.mjs'))};
       console.log(JSON.stringify(serversOf(${JSON.stringify(folders)})));`,
    ]).toString(),
  );

describe('servers for the tests', () => {
  it('are those that packages name, and no others', () => {
    expect(serversOf('framework/core', 'docs', 'plugins/http')).toEqual([]);
    expect(serversOf('plugins/etcd', 'framework/core')).toEqual(['etcd']);
    expect(serversOf('samples/swap')).toEqual([...serverKinds].sort());
  });

  it('are in compose.yaml, on loopback alone, at the addresses of compose.env', () => {
    const compose = read('../compose.yaml');
    const ports = [...compose.matchAll(/^ +ports: \['(.+):(\d+):(\d+)'\]$/gm)];
    const addresses = [...read('servers/compose.env').matchAll(/^MICRO_TEST_(\w+)_URL=(.+)$/gm)];
    expect(addresses.map(([, kind = '']) => kind.toLowerCase())).toEqual(serverKinds);
    expect(ports.map(([, host]) => host)).toEqual(serverKinds.map(() => '127.0.0.1'));
    expect(ports.map(([, host, port]) => `${host}:${port}`)).toEqual(
      addresses.map(([, , url = '']) => url.replace(/^\w+:\/\//, '')),
    );
  });

  it('include the Consul that is built under the name that tests look for', () => {
    const [, version = ''] =
      /hashicorp\/consul v([\d.]+)/.exec(read('servers/consul/go.mod')) ?? [];
    const recipes = read('../framework/testing/src/servers/recipes.ts');
    expect(recipes).toContain(`'consul-${version}'`);
  });
});
