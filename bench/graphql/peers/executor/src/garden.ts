import { readFileSync } from 'node:fs';

/** The lists that every contender answers from, as the command that measures wrote them. */
interface Garden {
  users: { id: string; name: string }[];
  posts: { id: string; title: string; authorId: string }[];
  comments: Record<string, { id: string; text: string; authorId: string }[]>;
}

export const { users, posts, comments } = JSON.parse(readFileSync(process.env.GARDEN!, 'utf8')) as Garden;
export const user = new Map(users.map((one) => [one.id, one]));
export const port = Number(process.env.PORT ?? 0);

export const typeDefs = `
  type User { id: ID! name: String! }
  type Comment { id: ID! text: String! author: User! }
  type Post { id: ID! title: String! author: User! comments: [Comment!]! }
  type Query { posts: [Post!]! }
`;

export function listening(server: { address(): unknown }): void {
  console.log((server.address() as { port: number }).port);
  process.once('SIGTERM', () => process.exit());
}
