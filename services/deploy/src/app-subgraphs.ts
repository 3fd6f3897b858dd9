/** How an app's part of the GraphQL endpoint stands, and how it may be called. Pure. */
import type { SubgraphRow } from '#src/subgraphs-db.ts';

/**
 * `offered`, `denied`: what the operators say. Of an allowed one: `reading` until the app has said what it adds,
 * `joining` until every gateway that is up took it in, then `serving`. `outdated`: what it says now is refused, the part of before
 * answers. `refused`: it has no part.
 */
export type SubgraphState = 'offered' | 'denied' | 'reading' | 'joining' | 'serving' | 'outdated' | 'refused';

export const subgraphLimits = { allowed: 50, pathLength: 200, reasonLength: 500, problemLength: 2_000 };

export function subgraphState(row: SubgraphRow): { state: SubgraphState; reason: string | null } {
  if (row.consent !== 'allowed') return { state: row.consent, reason: row.consent_reason };
  const reason = row.read_problem ?? row.fit_problem;
  if (reason !== null) {
    const served = listed(row);
    // A part that nobody has refused answers, or will in a moment.
    const answers = served !== undefined && !(row.fit_problem !== null && served.revision === row.sdl_revision);
    return { state: answers ? 'outdated' : 'refused', reason };
  }
  if (row.sdl === null) return { state: 'reading', reason: null };
  const isServed = row.served_revision === row.sdl_revision && row.everywhere;
  return { state: isServed ? 'serving' : 'joining', reason: null };
}

/** What gateways are told to serve: the newest, or the one before where it does not fit. */
export function listed(row: SubgraphRow): { sdl: string; revision: number } | undefined {
  if (row.consent !== 'allowed' || row.sdl === null || row.sdl_revision === null) return undefined;
  if (row.fit_problem !== null && row.served_sdl !== null && row.served_revision !== null)
    return { sdl: row.served_sdl, revision: row.served_revision };
  return { sdl: row.sdl, revision: row.sdl_revision };
}

/** `my-ratings` → `myRatings`: no underscore, which stands between the name and what is named. */
export function subgraphNameOf(nameId: string): string {
  return nameId.replace(/-+([a-z0-9])/g, (_, next: string) => next.toUpperCase()).replaceAll('-', '');
}

/** Why a name is refused, or undefined. */
export function subgraphNameProblem(name: string): string | undefined {
  if (name.length > 30) return 'it must have at most 30 characters.';
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) return 'use letters and digits, beginning with a small letter.';
  return undefined;
}

/** With what types begin: `myRatings` → `MyRatings`. */
export const typePrefixOf = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}_`;

/** Why a path is refused, or undefined. */
export function subgraphPathProblem(path: string): string | undefined {
  if (path.length > subgraphLimits.pathLength) return `it must have at most ${subgraphLimits.pathLength} characters.`;
  if (!/^\/[A-Za-z0-9._~/-]*$/.test(path)) return 'write a path on the app’s own server, such as /graphql.';
  if (path.startsWith('//') || path.split('/').some((part) => part === '.' || part === '..'))
    return 'it must not have empty beginnings, . or .. in it.';
  return undefined;
}
