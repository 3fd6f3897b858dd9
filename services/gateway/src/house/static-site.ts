/**
 * The built web app from a folder. Only files that were found by listing the folder are ever opened, so no path of a
 * request reaches the disk. Read again when index.html changed (a new build). Compressed once, kept in memory.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import mime from 'mime';

export interface StaticFile {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface StaticSite {
  /** Undefined: no such file, and the path is not one of a page. */
  find(path: string, accepts: { encoding: string; etag: string | undefined }): Promise<StaticFile | undefined>;
}

interface Kept {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly immutable: boolean;
  br?: Promise<Buffer>;
  gzip?: Promise<Buffer>;
}

const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) };
const recheckMs = 2_000;
const maxFileBytes = 32 * 1024 * 1024;

export function createStaticSite(root: string, now: () => number): StaticSite {
  let paths = new Set<string>();
  const kept = new Map<string, Promise<Kept | undefined>>();
  let builtMs = -1;
  let checkedMs = Number.NEGATIVE_INFINITY;
  let listing = Promise.resolve();

  /** Requests that come while the folder is listed wait for the list: the first ones would find nothing otherwise. */
  function refresh(): Promise<void> {
    if (now() - checkedMs < recheckMs) return listing;
    checkedMs = now();
    listing = list();
    return listing;
  }

  async function list(): Promise<void> {
    const index = await stat(join(root, 'index.html')).catch(() => undefined);
    if (!index) return void paths.clear();
    if (index.mtimeMs === builtMs) return;
    paths = await listFiles(root);
    kept.clear();
    builtMs = index.mtimeMs;
  }

  function load(path: string): Promise<Kept | undefined> {
    let file = kept.get(path);
    if (!file) kept.set(path, (file = read(root, path)));
    return file;
  }

  return {
    async find(path, accepts) {
      await refresh();
      const exact = paths.has(path) ? path : undefined;
      const isPage = !/\.[a-z0-9]{1,8}$/i.test(path) && !path.startsWith('/assets/');
      const name = exact ?? (isPage && paths.has('/index.html') ? '/index.html' : undefined);
      const file = name && (await load(name));
      return file ? answer(file, accepts) : undefined;
    },
  };
}

async function answer(file: Kept, accepts: { encoding: string; etag: string | undefined }): Promise<StaticFile> {
  const headers: Record<string, string> = {
    'content-type': file.type,
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (accepts.etag === file.etag) return { status: 304, headers, body: Buffer.alloc(0) };
  const encoding = /\bbr\b/.test(accepts.encoding) ? 'br' : /\bgzip\b/.test(accepts.encoding) ? 'gzip' : undefined;
  if (!encoding || file.body.length < 1024 || !isText(file.type)) return { status: 200, headers, body: file.body };
  const body = await (file[encoding] ??=
    encoding === 'br'
      ? compress.br(file.body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
      : compress.gzip(file.body));
  return { status: 200, headers: { ...headers, 'content-encoding': encoding }, body };
}

async function read(root: string, path: string): Promise<Kept | undefined> {
  const body = await readFile(join(root, ...path.split('/'))).catch(() => undefined);
  if (!body || body.length > maxFileBytes) return undefined;
  const type = mime.getType(path) ?? 'application/octet-stream';
  return {
    type: isText(type) ? `${type}; charset=utf-8` : type,
    body,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: path.startsWith('/assets/'),
  };
}

async function listFiles(root: string): Promise<Set<string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  return new Set(files.map((file) => `/${relative(root, join(file.parentPath, file.name)).split(sep).join('/')}`));
}

function isText(type: string): boolean {
  return /^(text\/|application\/(javascript|json|manifest\+json|xml)|image\/svg\+xml)/.test(type);
}
