/** Where back-ups are kept: a folder, or a bucket. Holds whole back-ups only. */
export interface BackupTarget {
  /** For people: never with a secret. */
  readonly text: string;
  /** Keeps the bytes under a name, all of them or nothing. Resolves with how many there were. */
  write(name: string, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<number>;
  read(name: string, signal: AbortSignal): AsyncIterable<Buffer>;
  /** Names that are back-ups' names, the oldest first. */
  list(signal: AbortSignal): Promise<readonly KeptBackup[]>;
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** Clears away what writes of this house left that were cut short. Only while no other of its back-ups runs. */
  clearRemains(houseId: string, signal: AbortSignal): Promise<void>;
}

export interface KeptBackup {
  readonly name: string;
  readonly bytes: number;
}

const shape = /^steading-([0-9a-f]{8})-(\d{8}T\d{9}Z)(-upgrade)?\.tar\.zst\.age$/;

/** `steading-<house>-<time>.tar.zst.age`: says how it is packed, and sorts by time within a house. */
export function backupName(told: { houseId: string; at: Date; upgrade: boolean }): string {
  const time = told.at.toISOString().replace(/[-:.]/g, '');
  return `steading-${told.houseId}-${time}${told.upgrade ? '-upgrade' : ''}.tar.zst.age`;
}

/** What a name says, or undefined where it is no back-up's name. */
export function readName(name: string): { houseId: string; time: string; upgrade: boolean } | undefined {
  const found = shape.exec(name);
  return found ? { houseId: found[1] ?? '', time: found[2] ?? '', upgrade: found[3] !== undefined } : undefined;
}

/** The oldest first, whichever house they are of. */
export function inOrder(kept: readonly KeptBackup[]): KeptBackup[] {
  return kept
    .filter(({ name }) => readName(name))
    .sort((one, two) => ((readName(one.name)?.time ?? '') < (readName(two.name)?.time ?? '') ? -1 : 1));
}

/** Those of one house and kind that are more than are to be kept, the oldest first. */
export function surplus(
  kept: readonly KeptBackup[],
  of: { houseId: string; upgrade: boolean; keep: number },
): string[] {
  const own = inOrder(kept).filter(({ name }) => {
    const told = readName(name);
    return told?.houseId === of.houseId && told.upgrade === of.upgrade;
  });
  return own.slice(0, Math.max(0, own.length - of.keep)).map(({ name }) => name);
}
