import { ConfigError } from 'micro-ts';
import type { SidecarSettings } from './options.ts';
import { probeOf } from './probe.ts';
import { readNodes } from './read-service.ts';
import { usualTtl } from './registration.ts';
import type { RegistrationRequest } from './registration.ts';
import { textOf } from './text-of.ts';

/**
 * The app that the sidecar stands beside, if it was told of one. Its health check may be anywhere: it
 * is the operator who says so.
 * @throws ConfigError
 */
export function appBeside(options: SidecarSettings): RegistrationRequest | undefined {
  const { serverName, serverAddress, healthcheckUrl } = options;
  if (serverName === undefined) return undefined;
  const service = {
    name: serverName,
    nodes: [{ address: serverAddress, healthcheck: healthcheckUrl }],
  };
  try {
    const [read] = readNodes(service, '127.0.0.1');
    if (read === undefined) return undefined;
    const { node, healthcheck } = read;
    return { ...read, ttl: usualTtl, probe: probeOf(node, healthcheck, ['*']) };
  } catch (error) {
    throw new ConfigError('toolkit.sidecar.serverAddress', textOf(error));
  }
}
