/** What stands before the paths of a mount; nothing for the one at `/`. */
export const prefixOf = ({ path }: { readonly path: string }): string => (path === '/' ? '' : path);
