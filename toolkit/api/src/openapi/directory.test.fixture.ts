import type { DirectoryEntry } from '@micro-ts/edge';
import { metadata } from 'micro-ts';
import type { Endpoint, EndpointKind, Node } from 'micro-ts';

/** An endpoint as a record has it; its schemas may be anything. */
export const endpoint = (
  name: string,
  { request, response, kind = 'unary', ...more }: EndpointParts = {},
): Endpoint => ({
  name,
  kind,
  metadata: metadata(more.metadata),
  ...(request !== undefined && { request: request as never }),
  ...(response !== undefined && { response: response as never }),
});

interface EndpointParts {
  readonly kind?: EndpointKind;
  readonly request?: unknown;
  readonly response?: unknown;
  readonly metadata?: Record<string, string>;
}

/** What is registered, as a directory tells it. */
export function directoryOf(services: Record<string, readonly Endpoint[]>, version = 1) {
  const entries = Object.entries(services).map(([service, endpoints]): DirectoryEntry => {
    const node = {
      ...{ id: `${service}-1`, service, version: '1.0.0', address: '127.0.0.1:1' },
      ...{ metadata: metadata(), endpoints },
    } satisfies Node;
    const callable = endpoints.filter(({ kind }) => kind !== 'event');
    return {
      service,
      nodes: [node],
      endpoints: new Map(callable.map((each) => [each.name, each])),
    };
  });
  return { version, services: () => entries };
}
