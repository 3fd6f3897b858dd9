import type { ForestOp } from '@steading/forest';
import type { Caller } from '@steading/kit';

/** The forest as a service sees it: this process's replica for questions, the forest service for changes. */
export interface Access {
  /** Answers from memory, in microseconds. Denies whatever it does not know. */
  can(caller: Caller, privilege: string, node: string): boolean;
  /**
   * The way in's check: throws `forbidden`, or `not-found` where the caller may not even know that the thing exists, or
   * `unauthenticated` where signing in could help. Where the replica is older than `caller.revision` it waits for it
   * (at most 2 s) and gives a promise; otherwise the answer is there at once, without one: `await` takes both. In a
   * house of several processes nobody who is known is refused by a replica that is older than their question.
   */
  require(caller: Caller, privilege: string, node: string): Promise<void> | undefined;
  /** Why `can` says what it says, in words. */
  explain(caller: Caller, privilege: string, node: string): Explanation;
  /** Ids of nodes of a kind on which the caller has the privilege, in id order; at most 200 a page. */
  visible(
    caller: Caller,
    privilege: string,
    kind: string,
    page?: { under?: string; after?: string; limit?: number },
  ): Page;
  /** Everybody who has the privilege here, with the way they have it. */
  whoCan(privilege: string, node: string): Holder[];
  /**
   * Changes the forest: all of the list or nothing. Resolves with the new revision once this process's replica has it.
   * Only services call it, after their own check of the caller. Refusals are catalogue errors (`forest.…`).
   */
  write(caller: Caller, ops: readonly ForestOp[]): Promise<number>;
  /** Resolves once the replica has this revision; throws `unavailable` after the deadline (default 2 000 ms). */
  waitFor(revision: number, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  /** Called after every change that this process has taken in. For re-checking what is open: sockets, streams. */
  onChange(call: (revision: number) => void): { stop(): void };
  readonly revision: number;
}

/** What the forest knows of a node, beside who may do what there. No check is made: the asker has made it. */
export interface ForestView {
  /** Undefined for a node that the forest does not know. */
  node(
    id: string,
  ):
    | { readonly kind: string; readonly name: string; readonly parent: string | null; readonly sealed: boolean }
    | undefined;
  /** Blocks that stand on this very node. `until` is Infinity for those that stay. */
  blocksOn(id: string): readonly {
    readonly principal: string;
    readonly privileges: readonly string[];
    readonly until: number;
    readonly reason: string;
  }[];
  /** A kind's privileges with the roles that hold them. */
  privilegesOf(
    kind: string,
  ): readonly { readonly name: string; readonly text: string; readonly roles: readonly string[] }[];
}

export interface Page {
  readonly ids: readonly string[];
  /** Pass as `after` for the next page; absent on the last. */
  readonly next?: string;
}

export interface Explanation {
  readonly allowed: boolean;
  /** One sentence for a person: `You are a guest of Garden; deploying needs developer.` */
  readonly text: string;
  /** The path that decided, from the grant, block, seal or scope to the node asked about. */
  readonly steps: readonly ExplanationStep[];
}

export interface ExplanationStep {
  readonly what: 'owner' | 'grant' | 'group' | 'map' | 'seal' | 'block' | 'scope' | 'break-glass' | 'none';
  readonly node?: string;
  readonly nodeName?: string;
  readonly principal?: string;
  readonly role?: string;
  readonly until?: number;
  readonly text: string;
}

export interface Holder {
  readonly principal: string;
  readonly role: string;
  /** The node on which the grant stands. */
  readonly from: string;
  readonly fromName: string;
  /** The group through which it reaches them, if any. */
  readonly group?: string;
  readonly groupName?: string;
  readonly until?: number;
}
