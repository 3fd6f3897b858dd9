/**
 * A bucket of any S3 server, in path style. Written in parts (an upload that is not completed is never seen), read in
 * ranges (a connection that breaks costs one range, not the whole), every request tried again while that is safe: each
 * of them may be repeated.
 */
import { hash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { BackupProblem } from '#src/backup-problem.ts';
import { type BackupTarget, inOrder, type KeptBackup, readName } from '#src/target/target.ts';

export interface S3Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Before the names, without slashes around it; empty: none. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a part; S3 takes 10 000 of them, of 5 MiB at least. Default 16 MiB: 156 GiB at most. */
  readonly partBytes?: number;
}

const attempts = 5;
const requestMs = 120_000;
const mostParts = 10_000;

export function openS3Target(settings: S3Settings): BackupTarget {
  const { endpoint, region, bucket, prefix, partBytes = 16 << 20 } = settings;
  const { accessKeyId, secretAccessKey } = settings;
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 });
  const root = `${endpoint.replace(/\/$/, '')}/${bucket}`;
  const keyOf = (name: string) => (prefix ? `${prefix}/${name}` : name);
  const text = `s3://${bucket}/${prefix}`;

  /** The answer, whatever its status below 500; repeats what failed on the way, and what S3 asks to repeat. */
  async function ask(
    path: string,
    told: { method?: string; body?: Buffer; headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<{ status: number; body: Buffer; headers: Headers }> {
    const { signal, method = 'GET', body, headers } = told;
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await client.fetch(`${root}${path}`, {
          method,
          ...(body && { body: new Uint8Array(body) }),
          // The hash is part of what is signed: a body that was changed on the way is refused.
          headers: { ...headers, 'x-amz-content-sha256': hash('sha256', body ?? '') },
          signal: AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
        });
        const got = { status: answer.status, body: Buffer.from(await answer.arrayBuffer()), headers: answer.headers };
        if ((got.status >= 500 || got.status === 429) && attempt < attempts) throw new Error(`status ${got.status}`);
        return got;
      } catch (error) {
        signal.throwIfAborted();
        if (attempt >= attempts)
          throw new BackupProblem(
            `${text} cannot be reached at ${endpoint} (${(error as Error & { cause?: Error }).cause?.message ?? (error as Error).message}). Check the endpoint and the network.`,
            error,
          );
        await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt * (0.5 + Math.random())));
      }
    }
  }

  /** The body of a success. @throws in words for the rest. */
  async function done(path: string, told: Parameters<typeof ask>[1]): Promise<{ body: Buffer; headers: Headers }> {
    const answer = await ask(path, told);
    // A completed upload may fail with status 200 and an error as its body.
    const code = /<Error>[\s\S]*?<Code>([A-Za-z]{1,60})<\/Code>/.exec(
      answer.body.subarray(0, 4_096).toString('latin1'),
    )?.[1];
    if (answer.status < 300 && !(told.method === 'POST' && code)) return answer;
    throw new BackupProblem(explain({ text, status: answer.status, code }));
  }

  async function sendParts(path: string, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<number> {
    const begun = await done(`${path}?uploads=`, { method: 'POST', signal });
    const upload = /<UploadId>([^<]+)<\/UploadId>/.exec(begun.body.toString('utf8'))?.[1] ?? '';
    const query = `uploadId=${encodeURIComponent(upload)}`;
    try {
      const tags: string[] = [];
      let sent = 0;
      for await (const part of inParts(bytes, partBytes)) {
        if (tags.length === mostParts)
          throw new BackupProblem(`The back-up is larger than ${text} takes in ${mostParts} parts. Use a folder.`);
        const put = { method: 'PUT', body: part, signal };
        tags.push((await done(`${path}?partNumber=${tags.length + 1}&${query}`, put)).headers.get('etag') ?? '');
        sent += part.length;
      }
      const list = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag}</ETag></Part>`).join('');
      const body = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
      await done(`${path}?${query}`, { method: 'POST', body, signal });
      return sent;
    } catch (error) {
      await ask(`${path}?${query}`, { method: 'DELETE', signal: AbortSignal.timeout(requestMs) }).catch(() => {});
      throw error;
    }
  }

  async function* listAll(query: string, signal: AbortSignal): AsyncGenerator<string> {
    for (let more = ''; ; ) {
      const page = (await done(`?${query}${more}`, { signal })).body.toString('utf8');
      yield page;
      const token = /<NextContinuationToken>([^<]+)<\/NextContinuationToken>/.exec(page)?.[1];
      if (!token) return;
      more = `&continuation-token=${encodeURIComponent(unescaped(token))}`;
    }
  }

  const own = `prefix=${encodeURIComponent(keyOf('steading-'))}`;
  const nameOf = (key: string) => key.slice(keyOf('').length);
  return {
    text,
    write: (name, bytes, signal) => sendParts(`/${encodeKey(keyOf(name))}`, bytes, signal),
    async *read(name, signal) {
      for (let from = 0, size = 1; from < size; ) {
        const headers = { range: `bytes=${from}-${from + partBytes - 1}` };
        const part = await done(`/${encodeKey(keyOf(name))}`, { headers, signal });
        size = Number(/\/(\d+)$/.exec(part.headers.get('content-range') ?? '')?.[1] ?? part.body.length);
        from += part.body.length;
        yield part.body;
      }
    },
    async list(signal) {
      const kept: KeptBackup[] = [];
      for await (const page of listAll(`list-type=2&${own}`, signal))
        for (const [, content = ''] of page.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g))
          kept.push({
            name: nameOf(unescaped(/<Key>([^<]+)<\/Key>/.exec(content)?.[1] ?? '')),
            bytes: Number(/<Size>(\d+)<\/Size>/.exec(content)?.[1] ?? 0),
          });
      return inOrder(kept);
    },
    async remove(name, signal) {
      await done(`/${encodeKey(keyOf(name))}`, { method: 'DELETE', signal });
    },
    async clearRemains(houseId, signal) {
      const page = (await done(`?uploads=&${own}`, { signal })).body.toString('utf8');
      for (const [, content = ''] of page.matchAll(/<Upload>([\s\S]*?)<\/Upload>/g)) {
        const name = nameOf(unescaped(/<Key>([^<]+)<\/Key>/.exec(content)?.[1] ?? ''));
        const upload = /<UploadId>([^<]+)<\/UploadId>/.exec(content)?.[1] ?? '';
        if (readName(name)?.houseId !== houseId) continue;
        await done(`/${encodeKey(keyOf(name))}?uploadId=${encodeURIComponent(upload)}`, { method: 'DELETE', signal });
      }
    },
  };
}

/** Parts of exactly the size, but for the last. There is always one. */
async function* inParts(bytes: AsyncIterable<Buffer>, partBytes: number): AsyncGenerator<Buffer> {
  let part = Buffer.allocUnsafe(partBytes);
  let filled = 0;
  for await (let piece of bytes) {
    while (piece.length > 0) {
      const copied = piece.copy(part, filled);
      filled += copied;
      piece = piece.subarray(copied);
      if (filled < partBytes) continue;
      yield part;
      part = Buffer.allocUnsafe(partBytes);
      filled = 0;
    }
  }
  yield part.subarray(0, filled);
}

function explain({ text, status, code }: { text: string; status: number; code: string | undefined }): string {
  if (code === 'NoSuchBucket') return `There is no bucket for ${text}. Make it first, or name another one.`;
  if (code === 'NoSuchKey' || status === 404) return `There is no such back-up in ${text}.`;
  if (status === 401 || status === 403)
    return `${text} refuses (${code ?? status}). Check the access key, the secret key, the region and this machine's clock.`;
  return `${text} answered ${code ?? status}. Try again; if it stays, ask whoever runs it.`;
}

function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
