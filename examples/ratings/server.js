// Ratings of spaces: a small app whose GraphQL fields are part of the house's own graph.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildASTSchema, GraphQLError, graphql, parse } from 'graphql';
import { askerOf } from './asker.js';

const sdl = readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8');
const maxBodyBytes = 1_000_000;

// What Federation expects of every subgraph, beside the app's own schema.
const federation = `
  scalar _Any
  union _Entity = Space
  type _Service { sdl: String! }
  extend type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }`;
const schema = buildASTSchema(parse(sdl + federation), { assumeValidSDL: true });
schema.getType('_Entity').resolveType = () => 'Space';

// In memory, to be small: they go with the instance. A real app keeps them in a database.
const starsBySpace = new Map();

function entryOf(spaceId) {
  const stars = [...(starsBySpace.get(spaceId)?.values() ?? [])];
  const average = stars.length === 0 ? null : stars.reduce((sum, one) => sum + one, 0) / stars.length;
  return { space: { id: spaceId, ratings_average: average }, average, count: stars.length };
}

const root = {
  _service: { sdl },
  _entities: ({ representations }) => representations.map(({ id }) => entryOf(id).space),
  ratings_top: ({ first }) =>
    [...starsBySpace.keys()]
      .map(entryOf)
      .sort((a, b) => b.average - a.average)
      .slice(0, Math.max(0, Math.min(first, 100))),
  ratings_mine: ({ spaceId }, { asker }) => starsBySpace.get(spaceId)?.get(asker?.sub) ?? null,
  ratings_rate({ spaceId, stars }, { asker }) {
    if (!asker?.sub) throw new GraphQLError('Sign in to give stars.');
    if (stars < 1 || stars > 5) throw new GraphQLError('Give 1 to 5 stars.');
    if (!starsBySpace.has(spaceId)) starsBySpace.set(spaceId, new Map());
    starsBySpace.get(spaceId).set(asker.sub, stars);
    console.log(`${asker.name} gave ${stars} stars`);
    return entryOf(spaceId);
  },
};

async function answer(request, response) {
  let text = '';
  for await (const part of request) {
    text += part;
    if (text.length > maxBodyBytes) return response.writeHead(413).end();
  }
  const { query, variables, operationName } = JSON.parse(text);
  const contextValue = { asker: await askerOf(request) };
  const result = await graphql({
    schema,
    source: query,
    rootValue: root,
    contextValue,
    variableValues: variables,
    operationName,
  });
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(result));
}

const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/graphql')
    return answer(request, response).catch(() => response.writeHead(400).end());
  if (request.url === '/') return response.end('Ratings: see the fields ratings_… of the graph.\n');
  response.writeHead(404).end('There is nothing here.\n');
});

server.listen(process.env.PORT ?? 3000, process.env.HOST ?? '127.0.0.1', () => console.log('ratings listens'));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
