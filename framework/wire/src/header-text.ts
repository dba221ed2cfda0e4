import { isUtf8 } from 'node:buffer';

/**
 * Text as it may stand in a header: Node takes header texts for latin1, Go for UTF-8, so the UTF-8
 * bytes are written as latin1 characters. Line breaks and other control characters become blanks.
 */
export function toHeaderText(text: string): string {
  if (isPlain(text)) return text;
  return Buffer.from(withoutControls(text), 'utf8').toString('latin1');
}

/** The text of a header that {@link toHeaderText} or Go has written. Bytes that are not UTF-8 stay. */
export function fromHeaderText(text: string): string {
  if (isPlain(text)) return text;
  const safe = withoutControls(text);
  if (!isLatin1(safe)) return safe; // some media keep the characters
  const bytes = Buffer.from(safe, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : safe;
}

/** True for printable ASCII, which nearly all headers are. Runs several times for each call. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

const withoutControls = (text: string): string => text.replace(/[\x00-\x08\x0a-\x1f\x7f]+/g, ' ');
