/** Host and port of a node's address; a subject or queue of a bus is all host. */
export function hostAndPort(address: string): { readonly host: string; readonly port: string } {
  const [, host = address, port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}
