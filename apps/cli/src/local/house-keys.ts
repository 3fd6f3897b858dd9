import { join } from 'node:path';

/** Where the keys of the house in a folder lie. */
export function houseKeyFolder(dataDir: string): string {
  return process.env.STEADING_KEYS ?? join(dataDir, 'keys');
}
