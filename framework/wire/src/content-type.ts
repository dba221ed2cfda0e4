/**
 * A content type as messages carry it: lower case, without parameters; empty for none. go-micro
 * compares content types exactly, and the rest of Micro does too.
 */
export function contentTypeOf(text: string | undefined): string {
  if (text === undefined || text === 'application/json') return text ?? '';
  const end = text.indexOf(';');
  return (end === -1 ? text : text.slice(0, end)).trim().toLowerCase();
}
