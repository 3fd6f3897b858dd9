/**
 * What the executors are measured on: twenty posts with their authors, three comments each and their authors. Every
 * contender answers from the same lists in memory, so that what differs is the way there.
 */
export interface User {
  readonly id: string;
  readonly name: string;
}
export interface Comment {
  readonly id: string;
  readonly text: string;
  readonly authorId: string;
}
export interface Post {
  readonly id: string;
  readonly title: string;
  readonly authorId: string;
}

const some = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

export const users: ReadonlyMap<string, User> = new Map(
  some(20, (n) => [`usr_${n}`, { id: `usr_${n}`, name: `Person number ${n}` }]),
);
export const posts: readonly Post[] = some(20, (n) => ({
  id: `pst_${n}`,
  title: `What grows in the garden in week ${n}`,
  authorId: `usr_${n}`,
}));
export const commentsOf: ReadonlyMap<string, readonly Comment[]> = new Map(
  posts.map(({ id }, post) => [
    id,
    some(3, (n) => ({
      id: `cmt_${post}_${n}`,
      text: `Beans and pumpkins, said for the ${n + 1}. time`,
      authorId: `usr_${(post * 3 + n) % 20}`,
    })),
  ]),
);

export const query = 'query Timeline { posts { id title author { id name } comments { id text author { id name } } } }';
