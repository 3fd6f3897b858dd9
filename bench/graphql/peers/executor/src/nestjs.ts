import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { comments, listening, port, posts, typeDefs, user } from './garden';

@Resolver('Post')
class PostResolver {
  @Query('posts')
  posts() {
    return posts;
  }

  @ResolveField('author')
  author(@Parent() post: { authorId: string }) {
    return user.get(post.authorId);
  }

  @ResolveField('comments')
  comments(@Parent() post: { id: string }) {
    return comments[post.id];
  }
}

@Resolver('Comment')
class CommentResolver {
  @ResolveField('author')
  author(@Parent() comment: { authorId: string }) {
    return user.get(comment.authorId);
  }
}

@Module({
  imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, typeDefs, playground: false })],
  providers: [PostResolver, CommentResolver],
})
class AppModule {}

async function main() {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(port, '127.0.0.1');
  listening(app.getHttpServer());
}

void main();
