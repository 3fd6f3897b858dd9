import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ignore from 'ignore';
import { create } from 'tar';
import { Failure } from '#src/failure.ts';

const maxBytes = 256_000_000;

/** A folder as tar.gz, without what `.gitignore` and `.steadingignore` name, `.git` and `node_modules`. */
export async function packFolder(folder: string): Promise<Blob> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Failure(`${folder} is not a folder.`, 'usage');
  const rules = ignore().add(['.git', 'node_modules']);
  for (const name of ['.gitignore', '.steadingignore']) rules.add(read(join(folder, name)));
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const filter = (path: string) => {
    const relative = path.replace(/^\.\/?/, '');
    return relative === '' || !rules.ignores(relative);
  };
  for await (const chunk of create({ gzip: true, cwd: folder, portable: true, filter }, ['.'])) {
    const part = chunk as Uint8Array<ArrayBuffer>;
    bytes += part.byteLength;
    if (bytes > maxBytes)
      throw new Failure(
        `${folder} packs to more than ${maxBytes / 1e6} MB. Name what is not needed in .steadingignore.`,
      );
    chunks.push(part);
  }
  return new Blob(chunks);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
