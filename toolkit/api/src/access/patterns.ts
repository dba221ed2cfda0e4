/** Something that a caller wants of the gateway. */
export type Wish =
  { readonly service: string; readonly endpoint?: string | undefined } | { readonly topic: string };

/** Tells whether something is allowed. */
export type Allows = (wish: Wish) => boolean;

/** Allows everything. */
export const everything: Allows = () => true;

/**
 * Allows what one of the patterns says: `greeter` and `greeter/*` every endpoint of a service,
 * `greeter/Greeter.Hello` one, `topic:user.*` topics, `*` everything. `*` stands for any characters.
 */
export function allowing(patterns: readonly string[]): Allows {
  if (patterns.includes('*')) return everything;
  const matchers = patterns.map(matcher);
  return (wish) => matchers.some((matches) => matches(wish));
}

function matcher(pattern: string): Allows {
  if (pattern.startsWith('topic:')) {
    const topic = glob(pattern.slice('topic:'.length));
    return (wish) => 'topic' in wish && topic.test(wish.topic);
  }
  const [service = '', endpoint = '*'] = pattern.split('/');
  const [services, endpoints] = [glob(service), glob(endpoint)];
  // Without an endpoint it is the service as a whole, which is more than some of its endpoints.
  return (wish) =>
    'service' in wish &&
    services.test(wish.service) &&
    (wish.endpoint === undefined ? endpoint === '*' : endpoints.test(wish.endpoint));
}

const glob = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '.*')}$`, 's');
