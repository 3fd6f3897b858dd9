import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { Agent, request } from 'undici';
import WebSocket from 'ws';

/** What the clients of one kind saw. */
export interface Tally {
  sent: number;
  readonly lost: string[];
}

export interface Load {
  readonly tallies: Readonly<
    Record<'keptAlive' | 'newConnections' | 'http2' | 'uploads' | 'events' | 'sockets', Tally>
  >;
  /** Messages under way when a socket was told to come back: the person's side sends them again. */
  readonly resent: { count: number };
  readonly versions: ReadonlySet<string>;
  /** Of requests by HTTP/1.1. */
  readonly longest: { ms: number };
  stop(): Promise<void>;
}

interface Target {
  readonly port: number;
  readonly tlsPort: number;
  /** Whom to trust there. */
  readonly ca: string;
  readonly host: string;
  running: boolean;
  readonly longest: { ms: number };
}

const uploadBytes = 300_000;

/** Clients of six kinds that ask without a pause until they are told to stop; any refusal or broken answer is a loss. */
export function startLoad(house: Pick<Target, 'port' | 'tlsPort' | 'ca'>, host: string): Load {
  const target: Target = {
    port: house.port,
    tlsPort: house.tlsPort,
    ca: house.ca,
    host,
    running: true,
    longest: { ms: 0 },
  };
  const tally = (): Tally => ({ sent: 0, lost: [] });
  const requests = { keptAlive: tally(), newConnections: tally(), http2: tally(), uploads: tally() };
  const tallies = { ...requests, events: tally(), sockets: tally() };
  const resent = { count: 0 };
  const versions = new Set<string>();
  const dispatcher = new Agent({ connections: 64 });
  const clients = [
    ...times(8, () => askOn(target, tallies.keptAlive, versions, { dispatcher, kept: true })),
    ...times(4, () => askOn(target, tallies.newConnections, versions, { dispatcher, kept: false })),
    ...times(4, () => askHttp2(target, tallies.http2, versions)),
    ...times(2, () => upload(target, tallies.uploads)),
    ...times(2, () => readEvents(target, tallies.events)),
    ...times(4, () => talk(target, tallies.sockets, resent)),
  ];
  return {
    ...{ tallies, resent, versions, longest: target.longest },
    async stop() {
      target.running = false;
      await Promise.all(clients);
      await dispatcher.close();
    },
  };
}

async function askOn(
  target: Target,
  tally: Tally,
  versions: Set<string>,
  { dispatcher, kept }: { dispatcher: Agent; kept: boolean },
): Promise<void> {
  while (target.running) {
    const headers = kept ? {} : { connection: 'close' };
    await one(target, tally, { dispatcher, headers }, (text) => {
      versions.add(text);
      return /^\d+$/.test(text);
    });
  }
}

/**
 * Four streams at a time on one session. A session that is asked to end (GOAWAY) is replaced, and a stream that the
 * other side says it did not begin (REFUSED_STREAM) is sent on the new one, as browsers do; anything else is a loss.
 */
async function askHttp2(target: Target, tally: Tally, versions: Set<string>): Promise<void> {
  const name = target.host.replace(/:.*/, '');
  while (target.running) {
    const session = connect(`https://127.0.0.1:${target.tlsPort}`, { ca: target.ca, servername: name });
    session.on('error', () => {});
    const isUsable = () => target.running && !session.closed && !session.destroyed;
    const stream = async () => {
      while (isUsable()) {
        const { code, status, text } = await askStream(session, name);
        if (code === constants.NGHTTP2_REFUSED_STREAM) continue;
        tally.sent++;
        versions.add(text);
        if (status !== 200 || !/^\d+$/.test(text)) tally.lost.push(`${status} ${text} code ${code}`);
      }
    };
    await Promise.all(times(4, stream));
    session.close();
  }
}

function askStream(session: ClientHttp2Session, authority: string) {
  return new Promise<{ code: number; status: number; text: string }>((resolve) => {
    let status = 0;
    let text = '';
    let sent: ClientHttp2Stream;
    try {
      sent = session.request({ ':path': '/', ':authority': authority });
    } catch {
      return resolve({ code: constants.NGHTTP2_REFUSED_STREAM, status, text });
    }
    sent.on('response', (headers) => (status = Number(headers[':status'])));
    sent.on('data', (chunk) => (text += chunk));
    sent.on('error', (error: NodeJS.ErrnoException) => (text += error.code ?? error.message));
    sent.once('close', () => resolve({ code: sent.rstCode ?? 0, status, text }));
  });
}

async function upload(target: Target, tally: Tally): Promise<void> {
  const body = Buffer.alloc(uploadBytes, 'x');
  // A connection of its own, which is never idle: what is not idempotent may fail on one that is being closed, and must
  // not be asked again by itself.
  const dispatcher = new Agent({ connections: 1 });
  const options = { method: 'POST', path: '/upload', body, dispatcher } as const;
  while (target.running) await one(target, tally, options, (text) => text === String(uploadBytes));
  await dispatcher.close();
}

async function one(
  { port, host, longest }: Target,
  tally: Tally,
  options: {
    dispatcher?: Agent;
    headers?: Record<string, string>;
    method?: 'GET' | 'POST';
    path?: string;
    body?: Buffer;
  },
  isRight: (text: string) => boolean,
): Promise<void> {
  const { path = '/', headers = {}, ...rest } = options;
  tally.sent++;
  const began = performance.now();
  try {
    const answer = await request(`http://127.0.0.1:${port}${path}`, { ...rest, headers: { host, ...headers } });
    const text = await answer.body.text();
    longest.ms = Math.max(longest.ms, performance.now() - began);
    if (answer.statusCode !== 200 || !isRight(text)) tally.lost.push(`${answer.statusCode} ${text}`);
  } catch (error) {
    tally.lost.push(String(error));
  }
}

/** Streams that end properly are opened again, as browsers do; a cut one, or a number left out, is a loss. */
async function readEvents(target: Target, tally: Tally): Promise<void> {
  while (target.running) {
    tally.sent++;
    const stop = new AbortController();
    try {
      const answer = await request(`http://127.0.0.1:${target.port}/events`, {
        headers: { host: target.host },
        signal: stop.signal,
      });
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${await answer.body.text()}`);
      let next = 0;
      let rest = '';
      for await (const chunk of answer.body) {
        const lines = (rest + String(chunk)).split('\n\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== `data: ${next++}`) throw new Error(`out of order: ${line}`);
        if (!target.running) stop.abort();
      }
    } catch (error) {
      if (target.running) tally.lost.push(String(error));
    }
  }
}

/**
 * Sends a numbered message every 25 ms and expects each back. A socket that is told to come back (1012) comes back at
 * once and sends again what was under way; any other end, and an echo that is missing or out of order, is a loss.
 */
async function talk(target: Target, tally: Tally, resent: { count: number }): Promise<void> {
  const waiting: string[] = [];
  let number = 0;
  while (target.running || waiting.length > 0) {
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}/`, { headers: { host: target.host } });
    await new Promise<void>((done) => {
      const timer = setInterval(() => {
        if (!target.running && waiting.length === 0) return socket.close(1000);
        if (!target.running || socket.readyState !== WebSocket.OPEN) return;
        waiting.push(String(number++));
        tally.sent++;
        socket.send(waiting.at(-1)!);
      }, 25);
      socket.on('open', () => {
        resent.count += waiting.length;
        for (const text of waiting) socket.send(text);
      });
      socket.on('message', (data) => {
        const text = String(data);
        if (waiting.shift() !== text) tally.lost.push(`out of order: ${text}`);
      });
      socket.on('error', (error) => tally.lost.push(String(error)));
      socket.on('close', (code) => {
        clearInterval(timer);
        // The app answers our own goodbye without a code (1005).
        const over = !target.running && waiting.length === 0;
        if (code !== 1012 && !over) tally.lost.push(`closed with ${code}`);
        done();
      });
    });
  }
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
