// For those who take words of people: how long they mean, and what they meant.
export { parseDuration } from './duration.ts';
export { nearest } from './nearest.ts';
