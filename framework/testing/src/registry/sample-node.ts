import { metadata } from '@micro-ts/interface';
import type { Endpoint, Node } from '@micro-ts/interface';

/** Endpoints of every kind, with all that a record may hold. */
export const richEndpoints: readonly Endpoint[] = [
  {
    name: 'Greeter.Hello',
    kind: 'unary',
    request: {
      type: 'object',
      properties: {
        name: { type: 'string', description: 'Ünïcode “quotes” and a \u0007 bell', maxLength: 64 },
        tags: { type: 'array', items: { type: 'string' }, default: [] },
        'constructor.name': { enum: [null, true, 0.1, ''] },
      },
      required: ['name'],
    },
    response: { type: 'object', properties: {}, additionalProperties: false },
    metadata: metadata({ http: 'GET /greet/:name', idempotent: 'true', empty: '' }),
  },
  { name: 'Greeter.Countdown', kind: 'server', request: {}, metadata: metadata() },
  { name: 'Greeter.Collect', kind: 'client', response: { type: 'number' }, metadata: metadata() },
  { name: 'Greeter.Chat', kind: 'bidi', metadata: metadata() },
  { name: 'Greeter.Welcome', kind: 'event', metadata: metadata({ topic: 'user.created' }) },
];

let made = 0;

/** A node that is like no other. */
export function sampleNode(service: string, changes: Partial<Node> = {}): Node {
  made += 1;
  return {
    id: `${service}-${process.pid}-${made}`,
    service,
    version: '1.0.0',
    address: `127.0.0.1:${10_000 + made}`,
    metadata: metadata({ transport: 'http', protocol: 'mucp' }),
    endpoints: [{ name: 'Greeter.Hello', kind: 'unary', metadata: metadata() }],
    ...changes,
  };
}

/** Nodes as plain data in the order of their ids, so that they can be compared. */
export function plain(nodes: Iterable<Node>): unknown {
  const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.parse(JSON.stringify(sorted));
}
