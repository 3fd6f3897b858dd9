import { kitErrors } from '@steading/kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendEvents } from '#src/graph/event-stream.ts';
import type { GraphEndpointAnswer } from '#src/graph/graph-shown.ts';
import { endOfTurn } from '#src/house/end-of-turn.ts';
import type { HouseAppOptions } from '#src/house/house-app.ts';
import { watchCaller } from '#src/house/watch-caller.ts';

const graphBodyBytes = 256 * 1024;

/**
 * `POST /graphql`, with answers as JSON or as events. There is no GET: a page of another site can have one sent with the
 * cookie, and a subscription costs as long as it stays open.
 */
export function addGraph(app: FastifyInstance, options: HouseAppOptions): void {
  const { graph, guard } = options;
  const handle = async (request: FastifyRequest, reply: FastifyReply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableEnded) gone.abort(new Error('the person went away'));
    });
    const answer = await graph.handle(
      { body: request.body as Buffer, caller: request.caller, headers: request.headers },
      gone,
    );
    if (answer.revision !== undefined) guard.noteRevision(request.caller, answer.revision);
    reply.code(answer.status).headers(answer.headers).header('cache-control', 'no-store');
    if (!answer.events) {
      await endOfTurn();
      return reply.send(answer.body);
    }
    await stream(options, request, reply, { events: answer.events, gone });
    return reply;
  };
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // A page of another site can send text/plain without asking first, and never this type.
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: graphBodyBytes },
      (_request, body, done) => done(null, body),
    );
    scope.post('/graphql', { bodyLimit: graphBodyBytes }, handle);
  });
}

interface Streaming {
  readonly events: NonNullable<GraphEndpointAnswer['events']>;
  readonly gone: AbortController;
}

/** Ends within a second of the session or token by which it was opened. */
async function stream(
  { guard, clock, metrics }: HouseAppOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  { events, gone }: Streaming,
): Promise<void> {
  const call = () => gone.abort(kitErrors('unauthenticated'));
  const stop = watchCaller({ guard, clock, request, call });
  reply.hijack();
  const outgoing = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) outgoing.setHeader(name, value);
  outgoing.statusCode = reply.statusCode;
  metrics.graphStreams(1);
  try {
    await sendEvents({ outgoing, events, signal: gone.signal, clock });
  } finally {
    metrics.graphStreams(-1);
    stop();
    gone.abort();
  }
}
