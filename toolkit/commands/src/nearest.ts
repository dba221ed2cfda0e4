import { nearest } from 'micro-ts/words';

export { nearest };

/** ` Did you mean …?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? '' : `. Did you mean ${meant}?`;
}
