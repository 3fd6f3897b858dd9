import type { Role } from '#src/kinds.ts';

export interface NodeRecord {
  readonly id: string;
  readonly kind: string;
  /** Absent or null: a root. */
  readonly parent: string | null;
  /** A principal; it holds the role `owner` here. */
  readonly owner: string | null;
  readonly inherit: 'open' | 'sealed';
  /** Shown in explanations; not used to decide. */
  readonly name: string;
}

/**
 * Every change to the forest. A list of them is applied whole or not at all, under one revision. Principals are
 * `user:…`, `service-account:…`, `edge:…`, `group:…`, `signed-in` and `anyone`. Times are milliseconds since 1970.
 * Taking away what is not there changes nothing.
 */
export type ForestOp =
  /** Idempotent by id: planting what stands already with the same kind and parent changes nothing. */
  | { readonly op: 'plant'; readonly node: NodeRecord }
  /** The whole subtree, with its grants, blocks and groups. */
  | { readonly op: 'remove'; readonly node: string }
  | { readonly op: 'move'; readonly node: string; readonly parent: string | null }
  | { readonly op: 'rename'; readonly node: string; readonly name: string }
  | { readonly op: 'inherit'; readonly node: string; readonly inherit: 'open' | 'sealed' }
  | { readonly op: 'own'; readonly node: string; readonly owner: string | null }
  /** A second grant of the same role replaces the first one's `cascade` and `until`. */
  | {
      readonly op: 'grant';
      readonly node: string;
      readonly principal: string;
      readonly role: Role;
      /** Flows down; default true. */
      readonly cascade?: boolean;
      readonly until?: number | null;
    }
  | { readonly op: 'revoke'; readonly node: string; readonly principal: string; readonly role: Role }
  /** Takes away, here and below: privileges by name, `app.*`, or `*`. A second block replaces the first. */
  | {
      readonly op: 'block';
      readonly node: string;
      readonly principal: string;
      readonly privileges: readonly string[];
      readonly until?: number | null;
      readonly reason: string;
    }
  | { readonly op: 'unblock'; readonly node: string; readonly principal: string }
  /**
   * Lets an operator past seals and blocks, here and below, until then: effective only while they also hold
   * `platform.break-glass` on the platform above. `mend-glass` ends it early.
   */
  | { readonly op: 'break-glass'; readonly node: string; readonly principal: string; readonly until: number }
  | { readonly op: 'mend-glass'; readonly node: string; readonly principal: string }
  /** Idempotent by id (`group:grp_…`); says the name anew. A group that belongs to a node goes when the node goes. */
  | { readonly op: 'group'; readonly group: string; readonly name: string; readonly node: string | null }
  /** With its members, and with everything that was granted to it. */
  | { readonly op: 'remove-group'; readonly group: string }
  | { readonly op: 'join'; readonly group: string; readonly principal: string; readonly until?: number | null }
  | { readonly op: 'leave'; readonly group: string; readonly principal: string };
