/** Cuts secrets out of a line of text. Pure. */
const shortest = 4;

/**
 * Makes a function that replaces each secret by `[secret]`, the longest first; also each line of one with several
 * lines, and its base-64 and URL-encoded forms. Values of fewer than 4 characters are left: they would hide half of every log.
 */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const found = new Set<string>();
  for (const secret of secrets) {
    for (const part of [
      secret,
      ...secret.split(/\r?\n/),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ])
      if (part.length >= shortest) found.add(part);
  }
  const parts = [...found].sort((a, b) => b.length - a.length);
  return (text) => parts.reduce((rest, part) => (rest.includes(part) ? rest.replaceAll(part, '[secret]') : rest), text);
}
