/** A short name made from a name as it is typed: `Ada’s Garden` → `adas-garden`. */
export function toNameId(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f'’]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
}

/** What a short name must look like, for the browser's own check. */
export const nameIdPattern = '[a-z0-9]([a-z0-9\\-]{0,38}[a-z0-9])?';
