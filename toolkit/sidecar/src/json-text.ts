import { isUtf8 } from 'node:buffer';

/** Bytes as the JSON that they are, on one line; `undefined` if they are none. */
export function jsonText(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  try {
    JSON.parse(text);
    return text.replace(/[\r\n]+/g, ' ').trim(); // line ends cannot be in its texts
  } catch {
    return undefined;
  }
}
