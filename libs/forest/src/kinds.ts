/** From most to least. A kind maps each to privileges; a role means nothing beyond what kinds make of it. */
export const roles = ['owner', 'admin', 'lead', 'developer', 'member', 'guest', 'viewer'] as const;
export type Role = (typeof roles)[number];

export interface PrivilegeDefinition {
  /** What it allows, in words that complete "may …": `deploy the app`. */
  readonly text: string;
  readonly roles: readonly Role[];
}

/** What a service registers for each kind of thing it protects. */
export interface KindDefinition {
  readonly kind: string;
  /** The service that owns nodes of this kind. */
  readonly service: string;
  /** `app.deploy` and so on: every name begins with the kind. */
  readonly privileges: Readonly<Record<string, PrivilegeDefinition>>;
  /** The privilege without which a thing's existence is not admitted (`not-found` instead of `forbidden`). */
  readonly readAbout: string;
  /**
   * What a role held on a parent of another kind becomes here. A role that is left out of an entry stays as it is
   * (`{ lead: 'developer' }`), `null` takes it away, and a parent kind without an entry passes every role on unchanged.
   */
  readonly from?: Readonly<Record<string, Readonly<Partial<Record<Role, Role | null>>>>>;
  /** Privileges that an author holds on their own leaf under a node of this kind (posts, messages, objects). */
  readonly own?: readonly string[];
}

export function defineKind(definition: KindDefinition): KindDefinition {
  return definition;
}
