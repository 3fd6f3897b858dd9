import { answerHeaders } from '#src/edge/forward-headers.ts';

export interface AnswerHead {
  readonly status: number;
  /** Empty where what the app said is not sent on. */
  readonly reason: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly isEventStream: boolean;
}

/** Thrown for an answer that is none, or that two readers could read in two ways. */
export class MalformedAnswer extends Error {}

const maxHeaders = 200;
const plainReason = /^[\t\x20-\x7e]*$/;

/**
 * What of an app's answer goes to the person. The app is not trusted: what Node would refuse to write, and so end the
 * request without a word, is left out or refused here.
 * @throws MalformedAnswer
 */
export function readAnswerHead(answer: {
  readonly status: number;
  readonly message: string | undefined;
  readonly rawHeaders: readonly (Buffer | string)[];
  readonly isHttp2: boolean;
}): AnswerHead {
  const { status, message = '', rawHeaders, isHttp2 } = answer;
  if (status < 200 || status > 599) throw new MalformedAnswer(`status ${status}`);
  if (rawHeaders.length / 2 > maxHeaders) throw new MalformedAnswer(`more than ${maxHeaders} header lines`);
  const raw = rawHeaders.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
  const coding = fieldOf(raw, 'transfer-encoding');
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked')
    throw new MalformedAnswer('a transfer coding other than chunked');
  const passed = answerHeaders(raw);
  const headers = status === 204 ? without(passed, 'content-length') : passed;
  return {
    status,
    reason: plainReason.test(message) ? message : '',
    headers: isHttp2 ? joinRepeated(without(headers, 'trailer')) : headers,
    isEventStream: fieldOf(headers, 'content-type')?.startsWith('text/event-stream') === true,
  };
}

/** Trailers that may follow: none that frame, route or authenticate (RFC 9110, section 6.5.1). */
export function readTrailers(trailers: Readonly<Record<string, unknown>>): Record<string, string> {
  const raw = Object.entries(trailers).flatMap(([name, value]) => [name, String(value)]);
  const passed = answerHeaders(raw);
  const kept: Record<string, string> = {};
  for (let at = 0; at < passed.length; at += 2)
    if (!notInTrailers.has(passed[at]!.toLowerCase())) kept[passed[at]!] = passed[at + 1]!;
  return kept;
}

const notInTrailers = new Set(
  'content-length content-encoding content-type content-range set-cookie cache-control authorization location trailer age date expires retry-after vary'.split(
    ' ',
  ),
);

function fieldOf(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((part, index) => index % 2 === 0 && part.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}

function without(headers: readonly string[], name: string): string[] {
  return headers.filter((_, at) => headers[at - (at % 2)]!.toLowerCase() !== name);
}

/**
 * Several lines of one name mean the same as their values with commas between (RFC 9110, section 5.2), and Node's HTTP/2
 * refuses to write some of them twice. Only cookies must stay apart.
 */
function joinRepeated(headers: readonly string[]): string[] {
  const joined = new Map<string, string>();
  const cookies: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!.toLowerCase();
    const value = headers[at + 1]!;
    if (name === 'set-cookie') cookies.push(name, value);
    else joined.set(name, joined.has(name) ? `${joined.get(name)}, ${value}` : value);
  }
  return [...[...joined].flat(), ...cookies];
}
