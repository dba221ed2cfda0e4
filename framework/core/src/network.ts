import { ConfigError } from '@micro-ts/interface';
import type { Registry, RegistrySupports } from '@micro-ts/interface';
import { formatAddress, isLoopback, isUnspecified, parseAddress } from '@micro-ts/wire';

/** Where this app binds, and the host by which others reach it. */
export interface Network {
  readonly bind: string;
  readonly advertise: string;
}

/** The part of the settings that says where to be. */
export interface Place {
  readonly address?: string | undefined;
  readonly advertise?: string | undefined;
}

/**
 * Works out where to be, from how far the registry's records reach: on this host only, or where others
 * reach the registry from.
 * @throws ConfigError if others would be told an address that is theirs alone
 */
export async function findNetwork(
  registry: Registry,
  { scope }: RegistrySupports,
  place: Place,
): Promise<Network> {
  const host = place.address === undefined ? '' : parseAddress(place.address).host;
  const given = place.advertise === undefined ? undefined : parseAddress(place.advertise).host;
  if (scope === 'host') {
    const bind = host === '' ? '127.0.0.1' : host;
    return { bind, advertise: given ?? (isUnspecified(bind) ? '127.0.0.1' : bind) };
  }
  const local = given ?? (await registry.localAddress?.());
  // A registry on this machine has readers on this machine.
  const bind = host !== '' ? host : local !== undefined && isLoopback(local) ? local : '0.0.0.0';
  const advertise = given ?? (isUnspecified(bind) ? local : bind);
  if (advertise === undefined)
    throw new ConfigError(
      'advertise',
      'the registry cannot tell by which address this machine is reached',
      'Set advertise, or MICRO_SERVER_ADVERTISE, to the address of this machine.',
    );
  if (given === undefined && isLoopback(advertise) && local !== undefined && !isLoopback(local))
    throw new ConfigError(
      'advertise',
      `${advertise} means another machine to each reader of a network registry`,
      `Set advertise to the address of this machine, such as ${local}.`,
    );
  return { bind, advertise };
}

/** The address to listen on: the one that is configured, on the host that was found. */
export function listenAddress({ bind }: Network, { address }: Place): string {
  if (address === undefined) return formatAddress(bind, 0);
  const { port, lastPort } = parseAddress(address);
  const first = formatAddress(bind, port);
  return lastPort > port ? `${first}-${lastPort}` : first;
}

/** The address for the record: what is listened on, under the name by which others know it. */
export function advertisedAddress(
  listening: string,
  { bind, advertise }: Network,
  place: Place,
): string {
  const { host, port } = addressOf(listening);
  // Media without hosts and ports, such as subjects, are reached by the address that they gave.
  if (host !== bind) return listening;
  const own = place.advertise === undefined ? 0 : parseAddress(place.advertise).port;
  return formatAddress(advertise, own === 0 ? port : own);
}

function addressOf(text: string): { readonly host?: string; readonly port: number } {
  try {
    return parseAddress(text);
  } catch {
    return { port: 0 };
  }
}
