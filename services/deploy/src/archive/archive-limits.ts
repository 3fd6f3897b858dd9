/** What an archive may hold. One set of rules for every format; pure. */
export interface ArchiveLimits {
  readonly maxEntries: number;
  readonly maxUnpackedBytes: number;
  /** Unpacked bytes for each packed byte, beyond the first `ratioFreeBytes`. */
  readonly maxRatio: number;
  readonly ratioFreeBytes: number;
}

export const archiveLimits: ArchiveLimits = {
  maxEntries: 100_000,
  maxUnpackedBytes: 2 * 1024 ** 3,
  maxRatio: 100,
  ratioFreeBytes: 16 * 1024 ** 2,
};

/** Why an archive is refused; one sentence. */
export class ArchiveProblem extends Error {
  readonly tooLarge: boolean;
  constructor(message: string, tooLarge = false) {
    super(message);
    this.name = 'ArchiveProblem';
    this.tooLarge = tooLarge;
  }
}

/** Why a name inside an archive is refused, or undefined. */
export function entryNameProblem(name: string): string | undefined {
  const shown = JSON.stringify(name.slice(0, 80));
  if (name === '' || name.length > 1024) return `it holds a file with an empty or very long name.`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(name)) return `the name ${shown} holds control characters or backslashes.`;
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return `the name ${shown} is absolute.`;
  if (name.split('/').includes('..')) return `the name ${shown} leads out of the folder.`;
  if (name.split('/').some((part) => part.length > 255)) return `the name ${shown} is too long.`;
  return undefined;
}

/** Counts while entries pass; throws at the first one too many. */
export function createTally(packedBytes: number, limits: ArchiveLimits) {
  let entries = 0;
  let unpacked = 0;
  return {
    entry(): void {
      if (++entries > limits.maxEntries)
        throw new ArchiveProblem(`it holds more than ${limits.maxEntries} files.`, true);
    },
    bytes(count: number): void {
      unpacked += count;
      if (unpacked > limits.maxUnpackedBytes)
        throw new ArchiveProblem(
          `it unpacks to more than ${Math.round(limits.maxUnpackedBytes / 1024 ** 2)} MB.`,
          true,
        );
      if (unpacked > limits.ratioFreeBytes && unpacked > packedBytes * limits.maxRatio)
        throw new ArchiveProblem(`it unpacks to more than ${limits.maxRatio} times its size.`, true);
    },
  };
}
