import { MicroError } from '@micro-ts/interface';

/** An endpoint, and the service that it belongs to, if the path says so. */
export interface PathTarget {
  readonly service: string | undefined;
  readonly endpoint: string;
}

/**
 * The endpoint that a path names: `/Greeter.Hello`, or `/greeter/Greeter.Hello` where several services
 * of one port have endpoints of the same name. A query is not looked at.
 * @throws MicroError `not_found`, refused, if it names none
 */
export function endpointOfPath(path: string): PathTarget {
  const [, first, second, ...more] = path.split('?', 1)[0]?.split('/').map(decoded) ?? [];
  const endpoint = second ?? first;
  if (more.length === 0 && endpoint !== undefined && /^[^.]+\.[^.]+$/.test(endpoint)) {
    return { service: second === undefined ? undefined : first, endpoint };
  }
  const text = 'no endpoint: POST to /Greeter.Hello, or name it in Micro-Endpoint';
  throw new MicroError('not_found', text, { refused: true });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
