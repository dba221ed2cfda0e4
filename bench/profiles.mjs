// What the profiles of the processes say: where the time went, function by function.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const mostLines = 20;

/** Prints the functions with the largest share of each process's busy time. */
export function tellProfiles(folder) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))) {
    console.log(`\n${name}`);
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const placeOf = new Map(nodes.map(({ id, callFrame }) => [id, place(callFrame)]));
    const spent = new Map();
    samples.forEach((id, at) => {
      const where = placeOf.get(id);
      spent.set(where, (spent.get(where) ?? 0) + timeDeltas[at]);
    });
    spent.delete('(idle)');
    const busy = [...spent.values()].reduce((sum, time) => sum + time, 0);
    const largest = [...spent].sort((a, b) => b[1] - a[1]).slice(0, mostLines);
    for (const [where, time] of largest)
      console.log(`${((100 * time) / busy).toFixed(1).padStart(6)} %  ${where}`);
  }
}

function place({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  return url === '' ? name : `${name}  ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`;
}
