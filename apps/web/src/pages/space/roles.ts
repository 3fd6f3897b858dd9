/** Roles of a space, strongest first. */
export const spaceRoles = ['owner', 'admin', 'lead', 'developer', 'member', 'guest'] as const;

/**
 * The roles that somebody of role `mine` may hand out: only owners make owners. `kept` stays in the list whatever it
 * is, so that a select shows the truth. The house checks again.
 */
export function grantableRoles(mine: string | null, kept?: string): string[] {
  return spaceRoles.filter((role) => role === kept || role !== 'owner' || mine === 'owner');
}
