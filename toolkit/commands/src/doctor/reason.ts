/** Why something failed, in one line, without passwords of addresses. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? '').replace(/:\/\/[^\s/@]+@/g, '://…@');
}
