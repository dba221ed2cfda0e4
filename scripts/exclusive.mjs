// One process at a time: two terminals must not install or build the same checkout at once.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isInterrupted, Stop } from './run-command.mjs';
import { root } from './workspace.mjs';

/** Who prepares this checkout holds it. */
const preparing = join(root, '.cache', 'prepare.lock');

/** Runs `work` while no other process does so that holds the same file. */
export async function exclusively(work, file = preparing, what = 'prepares this checkout') {
  mkdirSync(dirname(file), { recursive: true });
  for (let told = false; !take(file); told = true) {
    if (!told) console.log(`Waiting for another process that ${what} …`);
    if (isInterrupted()) throw new Stop('interrupted');
    await sleep(300);
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** Takes the lock, also from an owner that died. */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isAlive(ownerOf(file))) rmSync(file, { force: true });
  return false;
}

function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return Number.NaN;
  }
}

/** A lock that is just being written is empty: its owner counts as alive. */
function isAlive(pid) {
  if (!(pid > 0)) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
