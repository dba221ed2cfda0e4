import { MicroError, noMetadata } from '@micro-ts/interface';
import type { Endpoint } from '@micro-ts/interface';
import { likelyName, methodOf } from './endpoint-names.ts';

/** What a caller asks for: an endpoint by its name, or the method of a client. */
export interface CallTarget {
  /** `Greeter.Hello`. */
  readonly endpoint?: string | undefined;
  /** `hello`, as in the class. */
  readonly method?: string | undefined;
}

/** Endpoints of one service that can be called, found by either of their names. */
export class EndpointIndex {
  readonly #byName = new Map<string, Endpoint>();
  readonly #byMethod = new Map<string, Endpoint[]>();

  constructor(endpoints: Iterable<Endpoint>) {
    for (const endpoint of endpoints)
      if (endpoint.kind !== 'event') this.#byName.set(endpoint.name, endpoint);
    for (const endpoint of this.#byName.values()) {
      if (endpoint.name.startsWith('Debug.')) continue; // no class has them
      const method = methodOf(endpoint);
      const those = this.#byMethod.get(method);
      if (those === undefined) this.#byMethod.set(method, [endpoint]);
      else those.push(endpoint);
    }
  }

  /** The endpoints that are meant; more than one if two prefixes have the same method. */
  find({ endpoint, method }: CallTarget): readonly Endpoint[] {
    if (endpoint !== undefined) {
      const found = this.#byName.get(endpoint);
      return found === undefined ? [] : [found];
    }
    return this.#byMethod.get(method ?? '') ?? [];
  }
}

/**
 * The endpoint that is meant. What the records do not list is taken for unary.
 * @throws MicroError `invalid_argument` if it can be more than one
 */
export function pickEndpoint(index: EndpointIndex, target: CallTarget, service: string): Endpoint {
  const [found, another] = index.find(target);
  if (found === undefined) return guessEndpoint(target, service);
  if (another === undefined) return found;
  const both = `${found.name} and ${another.name}`;
  const text = `${target.method ?? ''} of ${service} can be ${both}: make the client of the class`;
  throw new MicroError('invalid_argument', text);
}

/** The endpoint that is probably meant, where there are no records. */
export function guessEndpoint({ endpoint, method = '' }: CallTarget, service: string): Endpoint {
  const name = endpoint ?? likelyName(service, method);
  return { name, kind: 'unary', metadata: noMetadata };
}
