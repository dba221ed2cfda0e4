/** Names a service within a namespace; one that ends in `-` joins with dashes. Without one, as it is. */
export function inNamespace(namespace: string, words: readonly string[]): string {
  if (namespace.endsWith('-')) return namespace + words.join('-');
  return namespace === '' ? words.join('.') : `${namespace}.${words.join('.')}`;
}

/** The name that a service has within a namespace; `undefined` for one that is outside. */
export function nameWithin(namespace: string, service: string): string | undefined {
  const start = inNamespace(namespace, ['']);
  return service.startsWith(start) ? service.slice(start.length) : undefined;
}
