/**
 * The documents that the web app was built with, by their hash, from `graph-documents.json` beside its index.html. Read
 * at the start and again when an unknown one is asked for and the file has changed: a new build beside a running house.
 * Those of the builds before stay known for as long as pages of theirs may be open.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '@steading/kit';
import { z } from 'zod';
import { documentHash } from '#src/graph/documents/document-id.ts';

export interface KnownDocuments {
  /** Its text; undefined where no build of the web app had it. */
  find(hash: string): Promise<string | undefined>;
  /** Whether a document is one of them, without looking for a new build. */
  has(hash: string): boolean;
  load(): Promise<void>;
}

export const noDocuments: KnownDocuments = { find: async () => undefined, has: () => false, load: async () => {} };

export const manifestName = 'graph-documents.json';
const shape = z.record(z.string(), z.string().max(65_536));
const maxFileBytes = 4 * 1024 * 1024;
const keptBuilds = 3;
const recheckMs = 2_000;

export function createKnownDocuments(webRoot: string, clock: Clock, log: Log): KnownDocuments {
  const path = join(webRoot, manifestName);
  /** The newest first. */
  let builds: ReadonlyMap<string, string>[] = [];
  let readMs = -1;
  let checkedMs = Number.NEGATIVE_INFINITY;

  const known = (hash: string): string | undefined => {
    for (const build of builds) {
      const text = build.get(hash);
      if (text !== undefined) return text;
    }
    return undefined;
  };

  async function load(): Promise<void> {
    checkedMs = clock.now();
    const file = await stat(path).catch(() => undefined);
    if (!file || file.mtimeMs === readMs || file.size > maxFileBytes) return;
    readMs = file.mtimeMs;
    const read = await readManifest(path);
    if (read) builds = [read, ...builds].slice(0, keptBuilds);
    else log.warn({ path }, 'the documents of the web app cannot be read; build it again');
  }

  return {
    load,
    has: (hash) => known(hash) !== undefined,
    async find(hash) {
      if (known(hash) === undefined && clock.now() - checkedMs >= recheckMs) await load();
      return known(hash);
    },
  };
}

async function readManifest(path: string): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const documents = new Map(Object.entries(shape.parse(JSON.parse(await readFile(path, 'utf8')))));
    const isTrue = [...documents].every(([hash, text]) => documentHash(text) === hash);
    return isTrue ? documents : undefined;
  } catch {
    return undefined;
  }
}
