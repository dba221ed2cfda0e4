const names: ReadonlySet<string> = new Set([
  // What HTTP says of one connection or one message.
  'connection',
  'date',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  // What go-micro says of one call, or adds on arrival.
  'local',
  'remote',
  'timeout',
  // No header, and never a key.
  '__proto__',
]);

/**
 * True for headers that belong to a message or a connection and so are never metadata: `Micro-*`,
 * `Content-*`, `Accept*`, `Timeout`, and what HTTP keeps for itself.
 * @param name in lower case.
 */
export function isReserved(name: string): boolean {
  switch (name.charCodeAt(0)) {
    case 0x3a: // ':' begins the pseudo headers of HTTP/2
      return true;
    case 0x61: // a
      return name.startsWith('accept');
    case 0x63: // c
      return name.startsWith('content-') || name === 'connection';
    case 0x6d: // m
      return name.startsWith('micro-');
    case 0x78: // x
      return name.startsWith('x-micro-'); // Go servers send their headers twice
    default:
      return names.has(name);
  }
}
