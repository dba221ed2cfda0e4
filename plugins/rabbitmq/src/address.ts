const schemed = /^amqps?:\/\//i;

/** The URL of a server. @param scheme of an address that has none */
export function parseServer(address: string, scheme: string): URL | undefined {
  const whole = schemed.test(address) ? address : `${scheme}://${address}`;
  return URL.canParse(whole) ? new URL(whole) : undefined;
}

/** Whether it names a server. Never tells it: there may be a password in it. */
export function isServer(address: string): boolean {
  // Slashes of a scheme that is none would make a host of it.
  if (!schemed.test(address) && /:\/|^amqps?\/\//i.test(address)) return false;
  const url = parseServer(address, 'amqp');
  if (url === undefined || url.search !== '' || url.hash !== '') return false;
  if (!/^[^,;\s]+$/.test(url.hostname) || url.port === '0') return false;
  try {
    for (const each of [url.username, url.password, url.pathname]) decodeURIComponent(each);
    return true;
  } catch {
    return false;
  }
}
