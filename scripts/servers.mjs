// The servers that tests need. What is missing is obtained, where that surprises nobody; what takes
// long to start is started once. docs/guide/testing.md says when, and how to do it by hand.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exclusively } from './exclusive.mjs';
import { isInterrupted, runQuietly, secondsSince, Stop } from './run-command.mjs';
import { readJson, root } from './workspace.mjs';

/** Which servers there are, and where their programs may stand, is written there alone. */
const home = join(root, 'framework', 'testing', 'dist', 'servers');
const load = (name) => import(pathToFileURL(join(home, name)).href);

const minute = 60_000;

/** What `folders` say that their tests need: `"nx": { "tags": ["server:etcd"] }` in package.json. */
export function serversOf(folders) {
  const tags = folders
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .flatMap((folder) => readJson(`${folder}/package.json`).nx?.tags ?? []);
  const names = tags.filter((tag) => tag.startsWith('server:')).map((tag) => tag.slice(7));
  return [...new Set(names)].sort();
}

/** Obtains what the tests of `folders` need. Without it they are skipped: what fails here is not fatal. */
export async function obtainServers(folders) {
  const kinds = serversOf(folders);
  if (kinds.length === 0) return;
  try {
    const { urlVariable } = await load('index.js');
    await obtain(kinds.filter((kind) => !isSet(urlVariable(kind))));
  } catch (error) {
    if (isInterrupted()) throw error;
    console.error(`Servers for the tests: ${error instanceof Stop ? error.message : error}`);
  }
}

/** Starts what the tests of `folders` share. The result has the variables that say where, and `close`. */
export async function startShared(folders) {
  const none = { env: {}, close: async () => undefined };
  if (!serversOf(folders).includes('rabbitmq')) return none;
  try {
    const { findProgram, startServer, urlVariable } = await load('index.js');
    const variable = urlVariable('rabbitmq');
    if (isSet(variable) || findProgram('rabbitmq') === undefined) return none;
    const began = performance.now();
    const server = await startServer('rabbitmq');
    console.log(`RabbitMQ, for all tests: started in ${secondsSince(began)}`);
    return { env: { [variable]: server.url }, close: () => server.close() };
  } catch (error) {
    console.error(error.message);
    return none;
  }
}

const isSet = (variable) => (process.env[variable] ?? '') !== '';

/** Tries to have each of `kinds` on this machine, and says what is not. */
async function obtain(kinds) {
  const { findProgram, howToInstall, serverCache } = await load('index.js');
  const missing = () => kinds.filter((kind) => findProgram(kind) === undefined);
  if (missing().length === 0) return;
  if (process.env.MICRO_TEST_PROVISION !== '0')
    await exclusively(
      async () => {
        // Whom we waited for may have done it.
        await installPackages(missing());
        if (missing().includes('consul')) await buildConsul(serverCache());
      },
      join(serverCache(), 'provide.lock'),
      'obtains servers',
    );
  const left = missing();
  if (left.length === 0 || isInterrupted()) return;
  const tests = process.env.CI === 'true' ? 'tests fail' : 'tests are skipped';
  console.log(`\nNot on this machine, so that ${tests}:`);
  for (const kind of left) console.log(`  ${kind}: ${howToInstall(kind)}`);
  console.log('  all of them: docker compose up --wait, see docs/guide/testing.md');
}

/** Installs packages of Debian, as root and where nothing would start their services. */
async function installPackages(kinds) {
  const { recipes } = await load('recipes.js');
  const wanted = kinds.filter((kind) => recipes[kind].debian !== undefined);
  if (wanted.length === 0 || process.getuid?.() !== 0 || !isOnPath('apt-get')) return;
  if (existsSync('/run/systemd/system')) {
    console.log('Packages of servers are not installed where systemd would start them.');
    return;
  }
  // Without systemd, this keeps old start scripts from starting anything.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args) =>
    runQuietly('apt-get', 'apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
      ...{ env, timeout: 10 * minute },
    });
  const update = () => apt('update');
  if (!(await attempt('Updating the lists of packages (apt-get update)', update))) return;
  for (const kind of wanted) {
    // One by one: where one is unknown, the others are not.
    const install = () => apt('install', '-y', '--no-install-recommends', recipes[kind].debian);
    await attempt(`Installing ${recipes[kind].debian} (apt-get)`, install);
  }
}

const consul = join(root, 'scripts', 'servers', 'consul');

/** No Debian has Consul; the Go toolchain builds it, from modules that go.sum names exactly. */
async function buildConsul(cache) {
  if (!(await hasGo())) return;
  const [, version] = /hashicorp\/consul v([\d.]+)/.exec(
    readFileSync(join(consul, 'go.mod'), 'utf8'),
  );
  const made = join(cache, `consul-${version}`);
  const making = `${made}.${process.pid}`;
  // A checkout within a workspace of Go, or with flags of its own, is of no concern here.
  const env = { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' };
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', making];
  await attempt(`Building Consul ${version} with Go (3–6 minutes; kept as ${made})`, async () => {
    mkdirSync(cache, { recursive: true });
    const options = { cwd: consul, env, timeout: 30 * minute };
    try {
      await runQuietly('go build', 'go', [...args, 'github.com/hashicorp/consul'], options);
      renameSync(making, made);
    } finally {
      rmSync(making, { force: true });
    }
  });
}

/** Whether there is a Go that knows what go.mod says. */
async function hasGo() {
  if (!isOnPath('go')) return false;
  const version = await runQuietly('go', 'go', ['env', 'GOVERSION'], { cwd: root }).catch(() => '');
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 1 || Number(minor) >= 20;
}

/** Says what is done, that it goes on, and how long it took; whether it went well. */
async function attempt(what, work) {
  console.log(`${what} …`);
  const began = performance.now();
  const progress = setInterval(() => console.log(`  … ${secondsSince(began)}`), minute / 2);
  try {
    await work();
    console.log(`  done in ${secondsSince(began)}`);
    return true;
  } catch (error) {
    if (isInterrupted()) throw error;
    console.log(`  failed after ${secondsSince(began)}: ${error.message}`);
    return false;
  } finally {
    clearInterval(progress);
  }
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
