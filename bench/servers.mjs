// The servers that contenders meet at: started here, on loopback, and what they cost.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux counts the time of processes in hundredths of a second. */
const tickUs = 10_000;

/** Starts one server of each kind. `cpuUs` is undefined where the system does not tell. */
export async function startServers(kinds) {
  const { startServer } = await import('@micro-ts/testing/servers');
  const servers = new Map();
  for (const kind of new Set(kinds)) servers.set(kind, await startServer(kind));
  return {
    get: (kind) => servers.get(kind),
    cpuUs: (kind) => cpuUsOf(servers.get(kind)?.folder),
    close: () => Promise.all([...servers.values()].map((server) => server.close())),
  };
}

/** Time that the processor spent for the group of processes that live in a folder. */
function cpuUsOf(folder) {
  if (folder === undefined) return undefined;
  const processes = running();
  const groups = new Set(processes.filter((each) => each.lives(folder)).map(({ group }) => group));
  const own = processes.filter(({ group }) => groups.has(group));
  if (own.length === 0) return undefined;
  return own.reduce((sum, { ticks }) => sum + ticks, 0) * tickUs;
}

function running() {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(statOf);
  } catch {
    return []; // no Linux
  }
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold anything; what follows its bracket does not.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const lives = (folder) => livesIn(pid, folder);
    return [{ group: fields[2], ticks: Number(fields[11]) + Number(fields[12]), lives }];
  } catch {
    return []; // it has just ended
  }
}

function livesIn(pid, folder) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}
