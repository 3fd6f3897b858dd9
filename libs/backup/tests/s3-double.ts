import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * A bucket in memory that is strict where real ones are: every request's signature (AWS Signature Version 4, "Authenticating
 * Requests: Using the Authorization Header") and the hash of its body, parts of at least `minPartBytes`, completed
 * lists of parts, listings in pages.
 */

export const s3Key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const minPartBytes = 5 << 20;
const pageSize = 2;

export interface S3Double {
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  readonly uploads: Map<string, { key: string; parts: Map<number, Buffer> }>;
  /** The next so many requests are answered with 503. */
  failures: number;
  /** Signatures that did not fit. */
  refused: number;
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
  }
}

export async function startS3Double(bucket: string): Promise<S3Double> {
  const double = {
    ...{ endpoint: '', objects: new Map<string, Buffer>(), failures: 0, refused: 0 },
    uploads: new Map<string, { key: string; parts: Map<number, Buffer> }>(),
    close: async () => {},
  };
  const server = createServer((request, response) => void answer(double, bucket, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  double.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  double.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return double;
}

async function answer(double: S3Double, bucket: string, request: IncomingMessage, response: ServerResponse) {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  try {
    if (double.failures > 0) {
      double.failures--;
      throw new Refusal(503, 'SlowDown');
    }
    checkSignature(double, request, body);
    const url = new URL(request.url ?? '', 'http://double');
    const [, named, ...key] = url.pathname.split('/').map(decodeURIComponent);
    if (named !== bucket) throw new Refusal(404, 'NoSuchBucket');
    serve(double, { request, response, body, query: url.searchParams, key: key.join('/') });
  } catch (error) {
    const { status = 500, message } = error as Refusal;
    response.writeHead(status).end(`<?xml version="1.0"?><Error><Code>${message}</Code></Error>`);
  }
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly query: URLSearchParams;
  readonly key: string;
}

function serve(double: S3Double, asked: Asked): void {
  const { request, response, body, query, key } = asked;
  const upload = double.uploads.get(query.get('uploadId') ?? '');
  if (query.has('uploadId') && upload?.key !== key) throw new Refusal(404, 'NoSuchUpload');
  if (key === '' && query.has('uploads')) return void response.end(listUploads(double));
  if (key === '') return void response.end(listObjects(double, query));
  if (request.method === 'POST' && query.has('uploads')) {
    const id = `upload-${double.uploads.size + 1}+/=`;
    double.uploads.set(id, { key, parts: new Map() });
    return void response.end(
      `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  }
  if (request.method === 'PUT' && upload) {
    upload.parts.set(Number(query.get('partNumber')), body);
    return void response.writeHead(200, { etag: tagOf(body) }).end();
  }
  if (request.method === 'POST' && upload) {
    double.objects.set(key, complete(upload.parts, body.toString()));
    double.uploads.delete(query.get('uploadId') ?? '');
    return void response.end('<CompleteMultipartUploadResult/>');
  }
  if (request.method === 'DELETE') {
    if (upload) double.uploads.delete(query.get('uploadId') ?? '');
    else double.objects.delete(key);
    return void response.writeHead(204).end();
  }
  getObject(double, asked);
}

function getObject(double: S3Double, { request, response, key }: Asked): void {
  const object = double.objects.get(key);
  if (!object) throw new Refusal(404, 'NoSuchKey');
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const part = object.subarray(Number(from), Number(to) + 1);
  response
    .writeHead(206, { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${object.length}` })
    .end(part);
}

function complete(parts: Map<number, Buffer>, list: string): Buffer {
  const named = [...list.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)];
  const bytes = named.map(([, number, tag], index) => {
    const part = parts.get(Number(number));
    if (!part || tagOf(part) !== tag || Number(number) !== index + 1) throw new Refusal(400, 'InvalidPart');
    if (part.length < minPartBytes && index < named.length - 1) throw new Refusal(400, 'EntityTooSmall');
    return part;
  });
  if (bytes.length === 0 || bytes.length !== parts.size) throw new Refusal(400, 'MalformedXML');
  return Buffer.concat(bytes);
}

function listObjects(double: S3Double, query: URLSearchParams): string {
  const keys = [...double.objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '')).sort();
  const from = Number(query.get('continuation-token')?.replace('at=', '') ?? 0);
  const page = keys.slice(from, from + pageSize);
  const items = page.map(
    (key) => `<Contents><Key>${key}</Key><Size>${double.objects.get(key)?.length}</Size></Contents>`,
  );
  const more =
    from + pageSize < keys.length ? `<NextContinuationToken>at=${from + pageSize}</NextContinuationToken>` : '';
  return `<ListBucketResult>${items.join('')}${more}</ListBucketResult>`;
}

function listUploads(double: S3Double): string {
  const items = [...double.uploads].map(
    ([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`,
  );
  return `<ListMultipartUploadsResult>${items.join('')}</ListMultipartUploadsResult>`;
}

function tagOf(part: Buffer): string {
  return `"${createHash('md5').update(part).digest('hex')}"`;
}

function checkSignature(double: S3Double, request: IncomingMessage, body: Buffer): void {
  const told =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/[^/]+\/s3\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  const [, keyId, scope = '', names = '', signature] = told ?? [];
  const bodyHash = createHash('sha256').update(body).digest('hex');
  const refuse = (code: string) => {
    double.refused++;
    return new Refusal(403, code);
  };
  if (keyId !== s3Key.accessKeyId) throw refuse('InvalidAccessKeyId');
  if (request.headers['x-amz-content-sha256'] !== bodyHash) throw refuse('XAmzContentSHA256Mismatch');
  const url = new URL(request.url ?? '', 'http://double');
  const strict = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams].map(([name, value]) => `${strict(name)}=${strict(value)}`).sort();
  const signed = names.split(';');
  if (!['host', 'x-amz-date', 'x-amz-content-sha256'].every((name) => signed.includes(name)))
    throw refuse('AccessDenied');
  const canonical = [
    request.method,
    url.pathname
      .split('/')
      .map((part) => strict(decodeURIComponent(part)))
      .join('/'),
    query.join('&'),
    ...signed.map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    names,
    bodyHash,
  ].join('\n');
  const text = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'],
    scope,
    createHash('sha256').update(canonical).digest('hex'),
  ];
  const key = scope
    .split('/')
    .reduce(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      Buffer.from(`AWS4${s3Key.secretAccessKey}`),
    );
  if (createHmac('sha256', key).update(text.join('\n')).digest('hex') !== signature)
    throw refuse('SignatureDoesNotMatch');
}
