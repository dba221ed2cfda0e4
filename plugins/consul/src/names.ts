import { MicroError } from '@micro-ts/interface';

/**
 * Names and ids as they stand in Consul: as they are, wherever its HTTP API can carry them. It cleans
 * paths of `..` and `//`, also where they are escaped, and refuses what cannot be printed: these are
 * written as in URLs, and so is the percent sign.
 */
export function toConsul(name: string): string {
  const plain = name.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|%/gu, escape);
  return isClean(plain) ? plain : plain.replaceAll('/', '%2F').replace(/^\.{1,2}$/, escapeDots);
}

/** What {@link toConsul} was given. */
export function fromConsul(name: string): string {
  if (!name.includes('%')) return name;
  return name.replace(/(?:%[0-9A-F]{2})+/g, (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // of somebody else
    }
  });
}

/** The path of a name in a URL. */
export const pathOf = (name: string): string => encodeURIComponent(toConsul(name));

/** Go's HTTP server answers paths with other segments by sending elsewhere. */
const isClean = (name: string): boolean => !/(^|\/)\.{0,2}(\/|$)/.test(name);

function escape(text: string): string {
  if (!/\p{Cs}/u.test(text)) return encodeURIComponent(text);
  throw new MicroError('invalid_argument', 'consul takes no names with half a character');
}

const escapeDots = (text: string): string => text.replaceAll('.', '%2E');
