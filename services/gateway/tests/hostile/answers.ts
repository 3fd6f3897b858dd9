/** Answers of an app that means ill or is broken. */
export interface HostileAnswer {
  readonly name: string;
  readonly bytes: string;
  /** Statuses a client may be told; 0: its connection ends without an answer. */
  readonly told: readonly number[];
  /** The app ends the connection behind it. */
  readonly ends?: boolean;
  /** The whole body that arrives with a 200, if one does. */
  readonly body?: string;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const hidden = 'HTTP/1.1 200 OK\r\nx-hidden: 1\r\ncontent-length: 6\r\n\r\nhidden';
const bad = [502];
const cut = [0, 200, 502];

export const hostileAnswers: readonly HostileAnswer[] = [
  {
    name: 'a length beside a coding',
    bytes: `${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    told: bad,
  },
  {
    name: 'a coding beside a length',
    bytes: `${ok}transfer-encoding: chunked\r\ncontent-length: 50\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    told: bad,
  },
  { name: 'two lengths', bytes: `${ok}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!`, told: bad },
  { name: 'a list of lengths', bytes: `${ok}content-length: 5, 5\r\n\r\nhello`, told: bad },
  { name: 'a signed length', bytes: `${ok}content-length: +5\r\n\r\nhello`, told: bad },
  {
    name: 'more than its length',
    bytes: `${ok}content-length: 5\r\n\r\nhello${hidden}`,
    told: [...cut],
    body: 'hello',
  },
  {
    name: 'less than its length',
    bytes: `${ok}content-length: 50\r\nconnection: close\r\n\r\nhello`,
    told: cut,
    ends: true,
  },
  {
    name: 'two answers for one request',
    bytes: `${ok}content-length: 5\r\n\r\nhello${hidden}`,
    told: cut,
    body: 'hello',
  },
  {
    name: 'a coding nobody knows',
    bytes: `${ok}transfer-encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    told: cut,
  },
  { name: 'a chunk with a sign', bytes: `${ok}transfer-encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n`, told: cut },
  {
    name: 'a chunk that is too long',
    bytes: `${ok}transfer-encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`,
    told: cut,
  },
  {
    name: 'a folded header line',
    bytes: `${ok}x-a: b\r\n c\r\ncontent-length: 5\r\n\r\nhello`,
    told: [200, 502],
    body: 'hello',
  },
  { name: 'bare line feeds', bytes: 'HTTP/1.1 200 OK\ncontent-length: 5\n\nhello', told: [200, 502], body: 'hello' },
  {
    name: 'a bare carriage return in a header',
    bytes: `${ok}x-a: b\rset-cookie: c=d\r\ncontent-length: 5\r\n\r\nhello`,
    told: bad,
  },
  { name: 'a null in a header', bytes: `${ok}x-a: b\0c\r\ncontent-length: 5\r\n\r\nhello`, told: bad },
  { name: 'a control character in a header', bytes: `${ok}x-a: b\x01c\r\ncontent-length: 5\r\n\r\nhello`, told: bad },
  { name: 'a space before the colon', bytes: `${ok}content-length : 5\r\n\r\nhello`, told: bad },
  { name: 'a header without a name', bytes: `${ok}: b\r\ncontent-length: 5\r\n\r\nhello`, told: bad },
  {
    name: 'control characters in the reason',
    bytes: 'HTTP/1.1 200 O\x01K\x7f\r\ncontent-length: 5\r\n\r\nhello',
    told: [200, 502],
    body: 'hello',
  },
  {
    name: 'a reason above ASCII',
    bytes: 'HTTP/1.1 200 \u00fcber\r\ncontent-length: 5\r\n\r\nhello',
    told: [200],
    body: 'hello',
  },
  { name: 'no reason', bytes: 'HTTP/1.1 200 \r\ncontent-length: 5\r\n\r\nhello', told: [200], body: 'hello' },
  { name: 'status 000', bytes: 'HTTP/1.1 000 X\r\ncontent-length: 5\r\n\r\nhello', told: bad },
  { name: 'status 099', bytes: 'HTTP/1.1 099 X\r\ncontent-length: 5\r\n\r\nhello', told: bad },
  { name: 'status 999', bytes: 'HTTP/1.1 999 X\r\ncontent-length: 5\r\n\r\nhello', told: bad },
  { name: 'status 1000', bytes: 'HTTP/1.1 1000 X\r\ncontent-length: 5\r\n\r\nhello', told: bad },
  { name: 'status 2x0', bytes: 'HTTP/1.1 2x0 X\r\ncontent-length: 5\r\n\r\nhello', told: bad },
  {
    name: 'HTTP/2 in words',
    bytes: 'HTTP/2.0 200 OK\r\ncontent-length: 5\r\n\r\nhello',
    told: [200, 502],
    body: 'hello',
  },
  { name: 'HTTP/0.9', bytes: '<html>hello</html>', told: bad },
  { name: 'another protocol', bytes: 'SSH-2.0-OpenSSH_9.2\r\n', told: bad },
  { name: 'nulls', bytes: '\0'.repeat(100), told: bad },
  {
    name: 'a status that switches, unasked',
    bytes: `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n${hidden}`,
    told: bad,
  },
  {
    name: 'a status that switches, without to what',
    bytes: `HTTP/1.1 101 Switching Protocols\r\n\r\n${hidden}`,
    told: bad,
  },
  {
    name: 'a continue that nobody awaits',
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 5\r\n\r\nhello`,
    told: [200, 502],
    body: 'hello',
  },
  {
    name: 'early hints',
    bytes: `HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n${ok}content-length: 5\r\n\r\nhello`,
    told: [200],
    body: 'hello',
  },
  {
    name: 'ten thousand early hints',
    bytes: `${'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n'.repeat(10_000)}${ok}content-length: 5\r\n\r\nhello`,
    told: [200, 502],
    body: 'hello',
  },
  {
    name: 'nothing but status lines that are not final',
    bytes: 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(50),
    told: [504],
  },
  { name: '204 with a body', bytes: `HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello`, told: [204, 502] },
  { name: '304 with a body', bytes: `HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\nhello`, told: [304, 502] },
  {
    name: '204 with a coding',
    bytes: `HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    told: [204, 502],
  },
  {
    name: '200 KB of headers',
    bytes: `${ok}${`x-a: ${'a'.repeat(1000)}\r\n`.repeat(200)}content-length: 5\r\n\r\nhello`,
    told: bad,
  },
  {
    name: 'five thousand short headers',
    bytes: `${ok}${'x-a: b\r\n'.repeat(5_000)}content-length: 5\r\n\r\nhello`,
    told: bad,
  },
  { name: 'headers without an end', bytes: `${ok}${'x-a: b\r\n'.repeat(100)}`, told: [502, 504] },
  {
    name: 'two content types',
    bytes: `${ok}content-type: text/plain\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello`,
    told: [200, 502],
    body: 'hello',
  },
  {
    name: 'two dates and two locations',
    bytes: `${ok}date: x\r\ndate: y\r\nlocation: /a\r\nlocation: /b\r\ncontent-length: 5\r\n\r\nhello`,
    told: [200, 502],
    body: 'hello',
  },
  {
    name: 'headers of a connection',
    bytes: `${ok}connection: keep-alive, x-a\r\nkeep-alive: timeout=900\r\nproxy-connection: x\r\nupgrade: h2c\r\nhttp2-settings: x\r\nte: x\r\nx-a: b\r\ncontent-length: 5\r\n\r\nhello`,
    told: [200],
    body: 'hello',
  },
  {
    name: "the house's own words",
    bytes: `${ok}set-cookie: steading_session=x\r\nset-cookie: __Host-steading_session=x\r\nsteading-generation: x\r\ncontent-length: 5\r\n\r\nhello`,
    told: [200],
    body: 'hello',
  },
  {
    name: 'trailers of the head',
    bytes: `${ok}transfer-encoding: chunked\r\ntrailer: content-length, set-cookie\r\n\r\n5\r\nhello\r\n0\r\nset-cookie: steading_session=x\r\nconnection: close\r\nx-sum: 1\r\n\r\n`,
    told: cut,
    body: 'hello',
  },
  {
    name: 'a trailer with a control character',
    bytes: `${ok}transfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-sum: \x01\r\n\r\n`,
    told: cut,
  },
  { name: 'nothing', bytes: '', told: [504] },
];
