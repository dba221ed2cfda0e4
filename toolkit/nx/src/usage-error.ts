/** What was asked for cannot be made. The message is a sentence for the person who asked. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
