/** True for what comes in pieces: the answers of a streaming endpoint, or of such a command. */
export const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
