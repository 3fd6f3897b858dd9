import Fastify from 'fastify';
import mercurius from 'mercurius';
import { comments, listening, port, posts, typeDefs, user } from './garden';

async function main() {
  const app = Fastify();
  await app.register(mercurius, {
    schema: typeDefs,
    jit: 1,
    resolvers: {
      Query: { posts: () => posts },
      Post: {
        author: (post: { authorId: string }) => user.get(post.authorId),
        comments: (post: { id: string }) => comments[post.id],
      },
      Comment: { author: (comment: { authorId: string }) => user.get(comment.authorId) },
    },
  });
  await app.listen({ port, host: '127.0.0.1' });
  listening(app.server);
}

void main();
