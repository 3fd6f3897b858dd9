import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { type DocumentNode, execute, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { comments, listening, port, posts, user } from './garden';

/** Hive Gateway's runtime over three subgraphs in its process, each compiled by graphql-jit. `PLANNER=rust` or none. */
const entities = (resolve: (key: { __typename: string; id: string }) => unknown) => ({
  _entities: (_root: unknown, given: { representations: { __typename: string; id: string }[] }) =>
    given.representations.map((key) => ({ __typename: key.__typename, ...(resolve(key) as object) })),
});
const withEntities = (types: string, names: string) =>
  `scalar _Any union _Entity = ${names} ${types} extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`;

const schemas: Record<string, GraphQLSchema> = {
  users: makeExecutableSchema({
    typeDefs: withEntities('type User { id: ID! name: String! } type Query { user: User }', 'User'),
    resolvers: { Query: { user: () => user.get('usr_0'), ...entities((key) => user.get(key.id)) } },
  }),
  posts: makeExecutableSchema({
    typeDefs: withEntities(
      'type User { id: ID! } type Post { id: ID! title: String! author: User! } type Query { posts: [Post!]! }',
      'User | Post',
    ),
    resolvers: {
      Query: { posts: () => posts, ...entities((key) => posts.find((post) => post.id === key.id)) },
      Post: { author: (post: { authorId: string }) => ({ id: post.authorId }) },
    },
  }),
  comments: makeExecutableSchema({
    typeDefs: withEntities(
      'type User { id: ID! } type Comment { id: ID! text: String! author: User! } type Post { id: ID! comments: [Comment!]! } type Query { none: ID }',
      'User | Post',
    ),
    resolvers: {
      Query: { ...entities((key) => key) },
      Post: { comments: (post: { id: string }) => comments[post.id] },
      Comment: { author: (comment: { authorId: string }) => ({ id: comment.authorId }) },
    },
  }),
};

type Run = (root: unknown, context: unknown, variables: unknown) => ExecutionResult | Promise<ExecutionResult>;

function executorOf(schema: GraphQLSchema) {
  const compiled = new WeakMap<DocumentNode, Run>();
  return ({ document, variables, context }: { document: DocumentNode; variables?: object; context?: unknown }) => {
    let run = compiled.get(document);
    if (!run) {
      const made = compileQuery(schema, document);
      run = isCompiledQuery(made)
        ? (made.query as Run)
        : (_root, contextValue, variableValues) =>
            execute({ schema, document, contextValue, variableValues: variableValues as never }) as ExecutionResult;
      compiled.set(document, run);
    }
    return run({}, context, variables ?? {});
  };
}

const gateway = createGatewayRuntime({
  supergraph: readFileSync(process.env.SUPERGRAPH!, 'utf8'),
  logging: false,
  maskedErrors: false,
  ...(process.env.PLANNER === 'rust' ? { unifiedGraphHandler } : {}),
  transports: () => ({
    getSubgraphExecutor: ({ subgraphName }: { subgraphName: string }) =>
      executorOf(schemas[subgraphName.toLowerCase()]!) as never,
  }),
});
const server = createServer((request, response) => void gateway(request, response));
server.listen(port, '127.0.0.1', () => listening(server));
