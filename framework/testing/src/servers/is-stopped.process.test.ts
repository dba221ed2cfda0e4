import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { until } from '../expect.ts';
import { isStopped } from './is-stopped.ts';

const itSees = existsSync('/proc/self/task') ? it : it.skip;

itSees('a group is stopped when all of it is, and runs again when it is told to', async () => {
  const script = 'sleep 60 & sleep 60';
  const { pid = 0 } = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' });
  try {
    expect(isStopped(pid)).toBe(false);
    process.kill(-pid, 'SIGSTOP');
    await until(() => isStopped(pid) === true);
    process.kill(-pid, 'SIGCONT');
    await until(() => isStopped(pid) === false);
  } finally {
    process.kill(-pid, 'SIGKILL');
  }
});
