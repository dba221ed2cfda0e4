import { defineConfig } from 'micro-ts';

const port = Number(process.env['SWAP_MDNS_PORT'] ?? 5353);

/**
 * What the environment does not say. `MICRO_REGISTRY=mdns` keeps the options that stand here; any other
 * registry has its own: only its address has to be said.
 */
export default defineConfig({
  registry: ['mdns', { interface: '127.0.0.1', port, timeout: 250 }],
  transport: 'http',
  broker: 'http',
  // Patience, where many such programs start at once on few cores.
  deadline: 20_000,
  limits: { handshake: 15_000 },
  log: 'warn',
});
