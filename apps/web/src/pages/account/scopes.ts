/** What a token of each kind may do, as `what` of the forest's scopes. */
const kinds: Record<string, readonly string[]> = {
  all: ['*'],
  deploy: ['app.*'],
  read: ['space.read', 'project.read', 'environment.read', 'app.read', 'app.read-logs'],
};

/** The scopes of a token for one place; none at all for everywhere, where it may do what its person may. */
export function scopesOf(kind: string, place: string): string[] {
  if (!place) return [];
  return (kinds[kind] ?? []).map((what) => `${what}@${place}`);
}
