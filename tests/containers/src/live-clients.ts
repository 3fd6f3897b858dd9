/** Clients that stay connected, by sockets and by server-sent events, as the web app and programs do. */
import { openSubscription, type Person } from '@steading/acceptance';
import { io } from 'socket.io-client';

export interface LiveClient {
  /** Of the lines that came, in the order in which they came. */
  positions(): readonly number[];
  /** How often the connection was cut. */
  cuts(): number;
  /** Whether it is there, and was told that it follows. */
  isUp(): boolean;
  leave(): void;
}

export interface SocketClient extends LiveClient {
  /** The state that was read after the last time that the room was joined. */
  readState(): string | undefined;
  /** States of which events came since then. */
  heard(): readonly string[];
}

export interface Followed {
  readonly person: Person;
  readonly app: string;
  readonly deployment: string;
}

interface Line {
  readonly position: number;
}

/** What the house says of a deployment now; asked again where a connection is cut. */
export async function stateOf({ person, deployment }: Followed): Promise<string> {
  for (;;)
    try {
      const answer = await person.graph<{ deployment: { state: string } }>(
        'query ($id: ID!) { deployment(id: $id) { state } }',
        { id: deployment },
      );
      return answer.deployment.state;
    } catch {
      await pause();
    }
}

/** As the web app does: joins again after a cut, the log behind its last line, and reads anew what has no positions. */
export function followBySocket(followed: Followed): SocketClient {
  const { person, app, deployment } = followed;
  const positions: number[] = [];
  let heard: string[] = [];
  let readState: string | undefined;
  let cuts = 0;
  let leaving = false;
  const socket = io(`${person.url}/deployments`, {
    path: '/realtime',
    transports: ['websocket'],
    forceNew: true,
    extraHeaders: { cookie: person.cookie(), origin: person.url },
  });
  socket.on('connect', async () => {
    readState = undefined;
    heard = [];
    const after = positions.at(-1) ?? 0;
    const asked = [
      { topic: 'app', id: app },
      { topic: 'deployment-log', id: deployment, after },
    ];
    for (const each of asked) if (!(await isJoined(each))) return;
    readState = await stateOf(followed);
  });
  async function isJoined(asked: object): Promise<boolean> {
    try {
      const answer = (await socket.timeout(5_000).emitWithAck('join', asked)) as { ok?: true };
      if (!answer.ok) throw new Error(JSON.stringify(answer));
      return true;
    } catch {
      // Begins anew, as after a cut.
      if (!leaving && socket.connected) socket.disconnect().connect();
      return false;
    }
  }
  socket.on('disconnect', () => {
    readState = undefined;
    if (!leaving) cuts++;
  });
  socket.on('items', ({ items }: { items: Line[] }) => positions.push(...items.map(({ position }) => position)));
  socket.on('events', ({ events }: { events: { data: { state?: string } }[] }) =>
    heard.push(...events.flatMap(({ data }) => data.state ?? [])),
  );
  return {
    positions: () => positions,
    readState: () => readState,
    heard: () => heard,
    cuts: () => cuts,
    isUp: () => socket.connected && readState !== undefined,
    leave() {
      leaving = true;
      socket.disconnect();
    },
  };
}

const query =
  'subscription ($id: ID!, $after: Int) { deploymentLog(id: $id, after: $after) { last lines { position } } }';

/** A stream that ended without its end is opened again behind its last line. */
export function followByStream({ person, deployment }: Followed): LiveClient {
  const positions: number[] = [];
  let leave: () => void = () => {};
  let cuts = 0;
  let leaving = false;
  let up = false;
  void (async () => {
    while (!leaving) {
      const before = [...positions];
      const variables = { id: deployment, after: before.at(-1) ?? 0 };
      const headers = { origin: person.url, cookie: person.cookie() };
      const stream = await openSubscription(person.url, { query, variables }, headers).catch(() => undefined);
      if (stream?.status !== 200) {
        await pause();
        continue;
      }
      leave = stream.leave;
      const take = () => {
        const answers = stream.answers() as { data: { deploymentLog: { lines: Line[] } } }[];
        const lines = answers.flatMap(({ data }) => data.deploymentLog.lines);
        positions.splice(0, positions.length, ...before, ...lines.map(({ position }) => position));
        up = lines.length > 0;
      };
      const timer = setInterval(take, 50);
      await stream.ended;
      clearInterval(timer);
      take();
      up = false;
      if (stream.text().includes('event: complete')) return;
      if (!leaving) cuts++;
    }
  })();
  return {
    positions: () => positions,
    cuts: () => cuts,
    isUp: () => up,
    leave() {
      leaving = true;
      leave();
    },
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}
