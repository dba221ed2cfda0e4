/** Names of fields whose values are never printed. */
const names = /pass(word|phrase)|secret|token|authorization|cookie|credential|private.?key/i;

/** Passwords in addresses: `amqp://user:password@host`. */
const inAddress = /(\b[a-z][a-z\d+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi;

/** Whether a field is named like something that nobody should read. */
export const isSecret = (name: string): boolean => names.test(name);

/** A text with the passwords of addresses in it taken out. */
export const withoutSecrets = (text: string): string => text.replace(inAddress, '$1:***@');
