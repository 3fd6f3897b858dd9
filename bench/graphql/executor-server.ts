/**
 * Our executor behind Fastify, as the gateway uses it: `federated` over three subgraphs, or `single`, the same types
 * as one. Started by `executor.ts`; says its port on the first line.
 */
import type { Access } from '@steading/access';
import {
  createGraphExecutor,
  createSubgraphBuilder,
  createSubgraphRunner,
  finish,
  type GraphContext,
  open,
  reference,
  type Subgraph,
} from '@steading/graph';
import { createLog } from '@steading/kit';
import Fastify from 'fastify';
import { type DocumentNode, parse, validate } from 'graphql';
import { type Comment, commentsOf, type Post, posts, type User, users } from './garden.ts';

const log = createLog({ level: 'silent' });
const access = { revision: 1 } as unknown as Access;
const everybody = open('a measurement');
const made = (service: string) => createSubgraphBuilder({ service, log, access });
type Key = { id: string };

function single(): Map<string, Subgraph> {
  const builder = made('garden');
  const User = builder.objectRef<User>('User').implement({
    fields: (t) => ({ id: t.exposeID('id'), name: t.exposeString('name') }),
  });
  const Comment = builder.objectRef<Comment>('Comment').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      text: t.exposeString('text'),
      author: t.field({ type: User, resolve: ({ authorId }) => users.get(authorId)! }),
    }),
  });
  const Post = builder.objectRef<Post>('Post').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      title: t.exposeString('title'),
      author: t.field({ type: User, resolve: ({ authorId }) => users.get(authorId)! }),
      comments: t.field({ type: [Comment], resolve: ({ id }) => [...commentsOf.get(id)!] }),
    }),
  });
  builder.queryField('posts', (t) => t.field({ type: [Post], access: everybody, resolve: () => [...posts] }));
  return new Map([['garden', finish(builder)]]);
}

function federated(): Map<string, Subgraph> {
  return new Map([
    ['users', usersGraph()],
    ['posts', postsGraph()],
    ['comments', commentsGraph()],
  ]);
}

function usersGraph(): Subgraph {
  const builder = made('users');
  const User = builder.objectRef<User>('User').implement({
    fields: (t) => ({ id: t.exposeID('id'), name: t.exposeString('name') }),
  });
  builder.asEntity(User, {
    key: builder.selection<Key>('id'),
    resolveReference: reference(builder, everybody, ({ id }: Key) => users.get(id)!),
  });
  builder.queryField('user', (t) =>
    t.field({ type: User, access: everybody, nullable: true, resolve: () => users.get('usr_0')! }),
  );
  return finish(builder);
}

function postsGraph(): Subgraph {
  const builder = made('posts');
  const User = builder
    .externalRef('User', builder.selection<Key>('id'))
    .implement({ externalFields: (t) => ({ id: t.id({ nullable: false }) }) });
  const Post = builder.objectRef<Post>('Post').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      title: t.exposeString('title'),
      author: t.field({ type: User, resolve: ({ authorId }) => ({ id: authorId }) }),
    }),
  });
  builder.asEntity(Post, {
    key: builder.selection<Key>('id'),
    resolveReference: reference(builder, everybody, ({ id }: Key) => posts.find((post) => post.id === id)!),
  });
  builder.queryField('posts', (t) => t.field({ type: [Post], access: everybody, resolve: () => [...posts] }));
  return finish(builder);
}

function commentsGraph(): Subgraph {
  const builder = made('comments');
  const User = builder
    .externalRef('User', builder.selection<Key>('id'))
    .implement({ externalFields: (t) => ({ id: t.id({ nullable: false }) }) });
  const Comment = builder.objectRef<Comment>('Comment').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      text: t.exposeString('text'),
      author: t.field({ type: User, resolve: ({ authorId }) => ({ id: authorId }) }),
    }),
  });
  builder
    .externalRef('Post', builder.selection<Key>('id'), (key) => key)
    .implement({
      externalFields: (t) => ({ id: t.id({ nullable: false }) }),
      fields: (t) => ({ comments: t.field({ type: [Comment], resolve: ({ id }) => [...commentsOf.get(id)!] }) }),
    });
  return finish(builder);
}

const subgraphs = process.argv[2] === 'single' ? single() : federated();
const runners = new Map([...subgraphs].map(([name, { schema }]) => [name, createSubgraphRunner(schema)]));
const executor = createGraphExecutor({
  call: (service, operation, context) => runners.get(service)!(operation, context),
});
const composed = await executor.setSubgraphs([...subgraphs].map(([name, { sdl }]) => ({ name, sdl })));
if ('problem' in composed) throw new Error(composed.problem);

const documents = new Map<string, DocumentNode>();

function documentOf(text: string): DocumentNode {
  let document = documents.get(text);
  if (!document) {
    document = parse(text, { noLocation: true });
    const [problem] = validate(executor.schema!, document);
    if (problem) throw problem;
    documents.set(text, document);
  }
  return document;
}

const app = Fastify();
app.post('/graphql', async (request, reply) => {
  const { query, variables } = request.body as { query: string; variables?: Record<string, unknown> };
  const memory = new Map<string, unknown>();
  const context: GraphContext = {
    caller: { kind: 'user', principal: 'user:usr_0', requestId: 'req_1' },
    signal: new AbortController().signal,
    loaders: {
      get<T>(key: string, make: () => T): T {
        if (!memory.has(key)) memory.set(key, make());
        return memory.get(key) as T;
      },
    },
    noteRevision: () => {},
  };
  const { data, errors } = await executor.execute({ document: documentOf(query), variables }, context);
  const problems = errors.length > 0 ? `,"errors":${JSON.stringify(errors)}` : '';
  reply.header('content-type', 'application/json; charset=utf-8');
  return `{"data":${data}${problems}}`;
});
await app.listen({ port: Number(process.env.PORT ?? 0), host: '127.0.0.1' });
console.log((app.server.address() as { port: number }).port);
process.once('SIGTERM', () => process.exit());
