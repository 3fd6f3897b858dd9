import { z } from 'zod';

/** The number of the format: raised when an older version could not read what a newer one writes. */
export const formatVersion = 1;

const sum = z.object({ count: z.number(), bytes: z.number(), hash: z.string() });
const migration = z.object({ number: z.number(), name: z.string(), checksum: z.string() });

/** The first entry: what it takes to know whether this version can restore it. */
export const openingShape = z.object({
  format: z.number(),
  name: z.string(),
  houseVersion: z.string(),
  startedAt: z.string(),
  schemas: z.array(z.object({ schema: z.string(), migrations: z.array(migration) })),
  /** Whether the data folder's files are in it, or the database alone. */
  files: z.boolean(),
});
export type Opening = z.output<typeof openingShape>;

const table = z.object({
  schema: z.string(),
  name: z.string(),
  columns: z.array(z.string()),
  /** For a partition: its table, and the bound as SQL. */
  partition: z.object({ of: z.string(), bound: z.string() }).optional(),
});
export type TableShape = z.output<typeof table>;

/** Before the rows: the tables as the snapshot saw them. */
export const structureShape = z.object({
  takenAt: z.string(),
  serverVersion: z.string(),
  tables: z.array(table),
  sequences: z.array(z.object({ schema: z.string(), name: z.string(), last: z.string() })),
});
export type Structure = z.output<typeof structureShape>;

/** The last entry: what a whole back-up must have had before it. */
export const closingShape = z.object({
  takenAt: z.string(),
  tables: z.record(z.string(), sum),
  files: sum,
});
export type Closing = z.output<typeof closingShape>;

export const entryNames = {
  opening: 'opening.json',
  structure: 'database/structure.json',
  rows: 'database/rows',
  files: 'files',
  closing: 'closing.json',
} as const;

export function tableKey(of: { schema: string; name: string }): string {
  return `${of.schema}.${of.name}`;
}
