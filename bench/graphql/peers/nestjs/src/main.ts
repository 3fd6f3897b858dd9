import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type CanActivate, type ExecutionContext, Injectable, Module, UnauthorizedException, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Args, Context, GqlExecutionContext, GraphQLModule, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { PrismaPg } from '@prisma/adapter-pg';
import DataLoader from 'dataloader';
import { PrismaClient } from './generated/client';

const typeDefs = `
  scalar DateTime
  type Person { id: ID! name: String! }
  type Viewer { person: Person! }
  type Member { person: Person! role: String! since: DateTime! }
  type MemberConnection { nodes: [Member!]! totalCount: Int! }
  type Space { id: ID! nameId: String! name: String! myRole: String members(first: Int = 50): MemberConnection! }
  type Query { viewer: Viewer mySpaces: [Space!]! }
`;

type Person = { id: string; name: string };
type Space = { id: string };
type Member = { spaceId: string; personId: string; role: string; since: Date };
type Request = { headers: { cookie?: string } };
interface Loaders {
  people: DataLoader<string, Person>;
  members: DataLoader<string, Member[]>;
}
interface Asked {
  req: Request;
  person?: Person;
  session?: Promise<{ expiresAt: Date; person: Person } | null>;
  loaders: Loaders;
}

@Injectable()
class Database extends PrismaClient {
  constructor() {
    super({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL!, max: 12 }) });
  }
}

function makeLoaders(db: Database): Loaders {
  return {
    people: new DataLoader(async (ids) => {
      const found = await db.person.findMany({ where: { id: { in: [...ids] } } });
      const byId = new Map(found.map((person) => [person.id, person]));
      return ids.map((id) => byId.get(id)!);
    }),
    members: new DataLoader(async (ids) => {
      const found = await db.member.findMany({ where: { spaceId: { in: [...ids] } }, orderBy: { since: 'asc' } });
      const bySpace = new Map<string, Member[]>();
      for (const member of found) bySpace.set(member.spaceId, [...(bySpace.get(member.spaceId) ?? []), member]);
      return ids.map((id) => bySpace.get(id) ?? []);
    }),
  };
}

@Injectable()
class SessionGuard implements CanActivate {
  constructor(private readonly db: Database) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const asked = GqlExecutionContext.create(context).getContext<Asked>();
    const token = /session=([^;]+)/.exec(asked.req.headers.cookie ?? '')?.[1] ?? '';
    const tokenHash = createHash('sha256').update(token).digest('hex');
    // Guards run for each root field: one look-up serves the request.
    asked.session ??= this.db.session.findUnique({ where: { tokenHash }, include: { person: true } }).then((found) => found);
    const session = await asked.session;
    if (!session || session.expiresAt < new Date()) throw new UnauthorizedException();
    asked.person = session.person;
    return true;
  }
}

@Resolver('Viewer')
class ViewerResolver {
  @Query('viewer')
  @UseGuards(SessionGuard)
  viewer(@Context() asked: Asked) {
    return { person: asked.person };
  }
}

@Resolver('Space')
class SpaceResolver {
  constructor(private readonly db: Database) {}

  @Query('mySpaces')
  @UseGuards(SessionGuard)
  mySpaces(@Context() asked: Asked) {
    return this.db.space.findMany({ where: { members: { some: { personId: asked.person!.id } } }, orderBy: { name: 'asc' } });
  }

  @ResolveField('myRole')
  async myRole(@Parent() space: Space, @Context() asked: Asked) {
    const members = await asked.loaders.members.load(space.id);
    return members.find((member) => member.personId === asked.person!.id)?.role ?? null;
  }

  @ResolveField('members')
  async members(@Parent() space: Space, @Args('first') first: number, @Context() asked: Asked) {
    const members = await asked.loaders.members.load(space.id);
    if (!members.some((member) => member.personId === asked.person!.id)) throw new UnauthorizedException();
    return { nodes: members.slice(0, first), totalCount: members.length };
  }
}

@Resolver('Member')
class MemberResolver {
  @ResolveField('person')
  person(@Parent() member: Member, @Context() asked: Asked) {
    return asked.loaders.people.load(member.personId);
  }
}

@Module({ providers: [Database], exports: [Database] })
class DatabaseModule {}

@Module({
  imports: [
    DatabaseModule,
    GraphQLModule.forRootAsync<ApolloDriverConfig>({
      driver: ApolloDriver,
      imports: [DatabaseModule],
      inject: [Database],
      useFactory: (db: Database) => ({
        typeDefs,
        playground: false,
        context: ({ req }: { req: Request }) => ({ req, loaders: makeLoaders(db) }),
      }),
    }),
  ],
  providers: [ViewerResolver, SpaceResolver, MemberResolver],
})
class AppModule {}

async function main() {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(Number(process.env.PORT), '127.0.0.1');
}

void main();
