// npm run bench -- stall: how the memory of a server grows while a reader of 100 MB stalls.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, startWorker } from './processes.mjs';

const stall = 5_000;
const mostMb = 32;

/** @returns whether the server stayed within its bounds */
export async function stalledReader() {
  const shared = mkdtempSync(join(tmpdir(), 'micro-bench-'));
  const env = { MICRO_BENCH_REGISTRY: join(shared, 'r') };
  const server = startWorker('micro-stall', 'server', { env });
  const client = startWorker('micro-stall', 'client', { env });
  try {
    await server.ask('open');
    await client.ask('open', { stall });
    const { rss: before } = await server.ask('mark');
    await client.ask('run');
    const began = performance.now();
    let most = 0;
    while (performance.now() - began < stall - 500) {
      await after(100);
      most = Math.max(most, (await server.ask('mark')).rss - before);
    }
    const { calls } = await client.ask('mark');
    await client.ask('drain');
    const all = await client.ask('mark');
    const grown = most / 2 ** 20;
    console.log(`while the reader stalled after ${calls} message(s): +${grown.toFixed(1)} MB`);
    console.log(`then it read the rest: ${all.calls} messages`);
    const met = grown < mostMb;
    console.log(`${met ? 'met   ' : 'MISSED'}  server memory: grows < ${mostMb} MB`);
    return met;
  } finally {
    await Promise.all([client.close(), server.close()]);
    rmSync(shared, { recursive: true, force: true });
  }
}
