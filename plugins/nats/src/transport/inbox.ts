import { randomBytes } from 'node:crypto';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A new subject of go-micro's form, `_INBOX.` and 22 characters, that nobody guesses. */
export function inbox(): string {
  let name = '';
  while (name.length < 22) {
    for (const byte of randomBytes(32)) {
      if (byte < 248 && name.length < 22) name += digits[byte % 62];
    }
  }
  return `_INBOX.${name}`;
}
