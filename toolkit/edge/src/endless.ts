import type { ServerResponse } from 'node:http';

const endless = new WeakSet<ServerResponse>();

/** Marks an answer that goes on for as long as it likes, so that how long it took says nothing. */
export const markEndless = (answer: ServerResponse): void => void endless.add(answer);

/** Whether an answer is marked so. */
export const isEndless = (answer: ServerResponse): boolean => endless.has(answer);
