/**
 * What a token may do, at most. One line of text each:
 *
 *     scope     = what "@" node
 *     what      = "*" | kind ".*" | kind "." privilege
 *
 * `app.deploy@app_01…` deploys this app; `app.*@spc_01…` does anything to the apps below this space, and
 * `*@spc_01…` anything at all there. A scope covers its node and everything below it, so that leaving out the end of
 * a path is naming the node above. The place is never left out, and `*` on the platform is refused (a bare root):
 * there, only what the platform itself offers can be named (`platform.create-space@platform`).
 * Whoever may do something to a thing may know that it exists: every scope carries `read-about` of what it covers.
 */
export interface Scope {
  /** `*`: of every kind. */
  readonly kind: string;
  /** The privilege's whole name (`app.deploy`), or `*`. */
  readonly privilege: string;
  readonly node: string;
}

export type ParsedScope =
  | { readonly ok: true; readonly scope: Scope }
  | { readonly ok: false; readonly reason: string };

const shape = /^(?:(\*)|([a-z][a-z0-9-]{0,39})\.(\*|[a-z][a-z0-9-]{0,39}))@([A-Za-z0-9][A-Za-z0-9_.-]{0,79})$/;

/** Reads one scope. The reason of a refusal is a sentence for the person who wrote it. */
export function parseScope(text: string): ParsedScope {
  const match = shape.exec(text);
  if (!match) {
    const reason = text.includes('@')
      ? 'Write a scope as kind.privilege@id, for example app.deploy@app_….'
      : 'Say where the scope holds: add @ and the id of a thing, for example app.deploy@app_….';
    return { ok: false, reason };
  }
  const kind = match[1] ?? match[2]!;
  const privilege = match[1] || match[3] === '*' ? '*' : `${kind}.${match[3]}`;
  const node = match[4]!;
  if (node === 'platform' && kind !== 'platform')
    return { ok: false, reason: 'A scope of the whole platform is too wide: name a space, a project or an app.' };
  return { ok: true, scope: { kind, privilege, node } };
}

/** Whether a scope names this privilege, wherever it is used. */
export function scopeNames(scope: Scope, privilege: string, readAbout: string): boolean {
  if (scope.kind === '*') return true;
  if (!privilege.startsWith(`${scope.kind}.`)) return false;
  return scope.privilege === '*' || scope.privilege === privilege || privilege === readAbout;
}
