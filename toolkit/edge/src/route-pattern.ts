/** One segment of a route's path. */
export type RouteSegment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'rest'; readonly name: string };

/** Most segments of a route. */
const most = 32;

/**
 * Reads the path of a route: `/greet/:name`, `/users/{id}/posts`, `/files/*path`.
 * @returns what is wrong with it, as a text, if it is none
 */
export function readRoutePattern(path: string): readonly RouteSegment[] | string {
  if (!path.startsWith('/')) return 'does not begin with /';
  const parts = path.replace(/\/$/, '').split('/').slice(1);
  if (parts.length > most) return `has more than ${most} segments`;
  const segments = parts.map(readSegment);
  const names = new Set<string>();
  for (const [at, segment] of segments.entries()) {
    if (segment === undefined) return `has a segment that says nothing: ${parts[at]}`;
    if (segment.kind === 'text') continue;
    if (names.has(segment.name)) return `has ${segment.name} twice`;
    names.add(segment.name);
    if (segment.kind === 'rest' && at < segments.length - 1) return 'goes on after *';
  }
  return segments as readonly RouteSegment[];
}

const variable = /^(?::([\w.]+)|\{([\w.]+)\})$/;
const rest = /^\*([\w.]*)$/;
const plain = /^[\w.~!$&'()+,;=@-]+$/;

function readSegment(part: string): RouteSegment | undefined {
  const [, colon, braces] = variable.exec(part) ?? [];
  const name = colon ?? braces;
  if (name !== undefined) return { kind: 'variable', name };
  const after = rest.exec(part)?.[1];
  if (after !== undefined) return { kind: 'rest', name: after };
  return plain.test(part) ? { kind: 'text', text: part } : undefined;
}
