import { ConfigError, metadata } from '@micro-ts/interface';
import type { Metadata, Node } from '@micro-ts/interface';
import type { BuiltApp } from './built-app.ts';
import type { ServedService } from './served-service.ts';

/**
 * The records of an app: one for each service name, however many classes serve it.
 * @param listening metadata of the listener
 * @throws ConfigError if classes of one service say different versions
 */
export function nodeRecords(
  { services, settings, roles, id }: BuiltApp,
  address: string,
  listening: Metadata,
): readonly Node[] {
  const common = { server: 'mucp', registry: roles.registryName, broker: roles.brokerName };
  const names = new Set(services.map(({ record }) => record.name));
  return [...names].map((service) => {
    const those = services.filter(({ record }) => record.name === service);
    const labels = those.map(({ record }) => record.metadata);
    return {
      id: `${service}-${id}`,
      service,
      version: settings.version ?? versionOf(service, those),
      address,
      metadata: metadata(common, listening, ...labels, settings.metadata),
      endpoints: those.flatMap(({ published }) => published),
    };
  });
}

function versionOf(service: string, those: readonly ServedService[]): string {
  const [version = 'latest', another] = new Set(those.map(({ record }) => record.version));
  if (another === undefined) return version;
  throw new ConfigError(
    'services',
    `the classes of ${service} have the versions ${version} and ${another}`,
    'A service has one version in an app. Give its classes the same, or run two apps.',
  );
}
