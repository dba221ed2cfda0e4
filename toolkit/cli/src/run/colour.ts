const codes = {
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  gray: 90,
} as const;

/** A colour that terminals have. */
export type Colour = keyof typeof codes;

/** True where colours are seen and wanted: `NO_COLOR` and `FORCE_COLOR` have the last word. */
export function wantsColour({ isTTY }: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR: none, FORCE_COLOR: forced } = process.env;
  if (none !== undefined && none !== '') return false;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTTY === true;
}

export const inColour = (colour: Colour, text: string): string =>
  `\x1b[${codes[colour]}m${text}\x1b[39m`;
