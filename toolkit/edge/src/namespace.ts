/** Names a service within a namespace; one that ends in `-` joins with dashes. Without one, as it is. */
export function inNamespace(namespace: string, words: readonly string[]): string {
  if (namespace.endsWith('-')) return namespace + words.join('-');
  return namespace === '' ? words.join('.') : `${namespace}.${words.join('.')}`;
}

/** Tells whether a service is in a namespace. */
export function isIn(namespace: string): (service: string) => boolean {
  const start = namespace === '' || namespace.endsWith('-') ? namespace : `${namespace}.`;
  return (service) => service.startsWith(start);
}
