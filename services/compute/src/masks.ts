/** What stands in the place of a secret. */
const mask = '[secret]';

/**
 * Cuts secret values out of a line. A value of several lines is cut line by line; parts shorter than four characters
 * are left, because they would blank half of every line and hide nothing.
 */
export function maskText(text: string, masked: readonly string[]): string {
  let shown = text;
  for (const value of maskedParts(masked)) if (shown.includes(value)) shown = shown.replaceAll(value, mask);
  return shown;
}

/** The pieces that are looked for, the longest first. */
export function maskedParts(masked: readonly string[]): string[] {
  const parts = masked.flatMap((value) => value.split(/\r?\n/)).filter((part) => part.length >= 4);
  return parts.sort((a, b) => b.length - a.length);
}
