import type { Endpoint } from '@micro-ts/interface';

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

/** Name of the method in the class: told by the record where it is not simply the endpoint's. */
function methodOf({ name, metadata }: Endpoint): string {
  const own = metadata['method'];
  if (own !== undefined) return own;
  const last = name.slice(name.indexOf('.') + 1);
  return last.charAt(0).toLowerCase() + last.slice(1);
}
