import type { BackedFolder } from '#src/parts.ts';

/** Whether a pattern is this path, or one above it; `*` stands for one name, `*.half` for its ending. */
function covers(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const parts = path.split('/');
  return (
    parts.length >= wanted.length &&
    wanted.every((part, index) => part === '*' || part === parts[index] || isEnding(part, parts[index] ?? ''))
  );
}

/** `*.half` as a part. */
function isEnding(part: string, name: string): boolean {
  return part.startsWith('*') && part.length > 1 && name.endsWith(part.slice(1));
}

/** Which paths of a folder are in a back-up at all. */
export function takenPaths(folder: BackedFolder): (path: string) => boolean {
  return (path) => !(folder.leaveOut ?? []).some((pattern) => covers(pattern, path));
}

/** The entry of an immutable folder that a path belongs to: `releases/rel_1` of `releases/rel_1/files/a`. */
export function immutableEntry(folder: BackedFolder, path: string): string | undefined {
  for (const under of folder.immutable ?? []) {
    const depth = under.split('/').length;
    const parts = path.split('/');
    if (parts.length > depth && parts.slice(0, depth).join('/') === under) return parts.slice(0, depth + 1).join('/');
  }
  return undefined;
}

/** Whether a path leads to, or lies in, an immutable folder. */
export function leadsToImmutable(folder: BackedFolder, path: string): boolean {
  return (folder.immutable ?? []).some(
    (under) => `${under}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${under}/`),
  );
}
