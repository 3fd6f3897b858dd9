/** Mutations of hostile requests, the same for the same seed. */
import { appHost } from '../edge-house.ts';
import { hostileRequests } from './requests.ts';

const tokens: readonly string[] = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\n\n',
    '\0',
    ' ',
    '\t',
    '\x0b',
    '\x7f',
    '\xa0',
    '\xff',
    ':',
    ';',
    ',',
    '0',
    '5',
    'f',
  ],
  ...['Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'Content-Length:5\r\n', 'content-length: 44\r\n'],
  ...['Transfer-Encoding: chunked\r\n', 'transfer-encoding:chunked\r\n', 'Transfer-Encoding: identity\r\n'],
  ...['0\r\n\r\n', '5\r\nhello\r\n', '1;a=b\r\nx\r\n', '00000\r\n', 'ffffffff\r\n', '0x0\r\n', '+0\r\n'],
  ...[
    'Connection: close\r\n',
    'Connection: keep-alive\r\n',
    'Connection: content-length\r\n',
    'Connection: upgrade\r\n',
  ],
  ...[
    'Upgrade: websocket\r\n',
    'Upgrade: h2c\r\n',
    'Expect: 100-continue\r\n',
    'TE: trailers\r\n',
    'Trailer: Host\r\n',
  ],
  ...[
    `Host: ${appHost}\r\n`,
    'Host: localhost\r\n',
    ' folded\r\n',
    '\tfolded\r\n',
    'HTTP/1.1',
    'HTTP/1.0',
    ' HTTP/1.1\r\n',
  ],
  ...[`GET /hidden HTTP/1.1\r\nHost: ${appHost}\r\n\r\n`, 'GET /hidden HTTP/1.1\r\n', 'POST ', 'HEAD ', 'OPTIONS * '],
];

export interface Mutant {
  /** As they are sent, one after the other. */
  readonly pieces: readonly string[];
}

export function mutate(seed: number): Mutant {
  const random = createRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  let bytes = pick(hostileRequests).bytes.slice(0, 2_000);
  for (let left = 1 + below(4); left > 0; left--) bytes = pick(mutations)(bytes, { below, pick });
  const pieces: string[] = [];
  const cuts = random() < 0.5 ? 0 : 1 + below(4);
  for (let left = cuts; left > 0 && bytes.length > 1; left--) {
    const at = 1 + below(bytes.length - 1);
    pieces.push(bytes.slice(0, at));
    bytes = bytes.slice(at);
  }
  return { pieces: [...pieces, bytes] };
}

interface Dice {
  below(count: number): number;
  pick<T>(list: readonly T[]): T;
}

/** Where lines end, most faults are. */
function place(bytes: string, { below }: Dice): number {
  const ends = [...bytes.matchAll(/\r\n/g)].map((match) => match.index + 2 * below(2));
  return ends.length > 0 && below(3) > 0 ? ends[below(ends.length)]! : below(bytes.length + 1);
}

const mutations: readonly ((bytes: string, dice: Dice) => string)[] = [
  (bytes, dice) => insert(bytes, place(bytes, dice), dice.pick(tokens)),
  (bytes, dice) => insert(bytes, place(bytes, dice), dice.pick(tokens)),
  (bytes, dice) => insert(bytes, dice.below(bytes.length + 1), String.fromCharCode(dice.below(256))),
  (bytes, dice) => {
    const at = dice.below(bytes.length + 1);
    return bytes.slice(0, at) + bytes.slice(at + 1 + dice.below(3));
  },
  (bytes, dice) => {
    const at = dice.below(bytes.length + 1);
    return bytes.slice(0, at) + String.fromCharCode(dice.below(256)) + bytes.slice(at + 1);
  },
  (bytes, dice) => {
    const lines = bytes.split('\r\n');
    return lines.toSpliced(dice.below(lines.length), 0, dice.pick(lines)).join('\r\n');
  },
  (bytes, dice) => {
    const lines = bytes.split('\r\n');
    return lines.toSpliced(dice.below(lines.length), 1).join('\r\n');
  },
  (bytes, dice) => {
    const other = dice.pick(hostileRequests).bytes.slice(0, 2_000);
    return bytes.slice(0, place(bytes, dice)) + other.slice(place(other, dice));
  },
  (bytes, dice) => bytes + dice.pick(hostileRequests).bytes.slice(0, 2_000),
];

function insert(bytes: string, at: number, what: string): string {
  return bytes.slice(0, at) + what + bytes.slice(at);
}

/** Mulberry32, 0 to 1. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
