// The processes of a contender, and what is asked of them.
import { fork } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * Starts `worker.mjs` for one role. `ask` resolves with the answer, and rejects if it dies.
 * @param module file in contenders, where that is not the name
 * @param profile folder for a profile of the processor's time, if one is wanted
 */
export function startWorker(name, role, { module = name, env, profile } = {}) {
  const child = fork(join(import.meta.dirname, 'worker.mjs'), [module, role], {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    execArgv: profile === undefined ? [] : profiling(profile, `${name}-${role}`),
  });
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} (${role}) ended with ${code}`);
  });
  died.catch(() => undefined);
  const ask = async (question, options = {}) => {
    child.send({ question, options });
    const [{ value, error }] = await Promise.race([once(child, 'message'), died]);
    if (error !== undefined) throw new Error(`${name} (${role}): ${error}`);
    return value;
  };
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    await ask('close').catch(() => child.kill('SIGKILL'));
    await Promise.race([died.catch(() => undefined), after(3_000)]);
    child.kill('SIGKILL');
  };
  return { ask, close };
}

const profiling = (folder, name) => [
  ...['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`],
];

/** `count` ports of the loopback interface that nobody uses. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

export const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
