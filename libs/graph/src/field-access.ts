import type { Access } from '@steading/access';
import { isAppError, kitErrors } from '@steading/kit';
import type { GraphContext } from '#src/subgraph.ts';

/** Who may have a field. Every root field declares one; so does every reference resolver, and any other field may. */
export type FieldAccess<Args = unknown, Parent = unknown> =
  | {
      readonly kind: 'privilege';
      readonly privilege: string;
      readonly node: (args: Args, parent: Parent, context: GraphContext) => string | Promise<string>;
    }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'open'; readonly reason: string };

/** As a field says it: at once, or from its arguments and parent: `access: (args) => privilege('app.deploy', args.id)`. */
export type DeclaredAccess<Args = unknown, Parent = unknown> =
  | FieldAccess<Args, Parent>
  | ((args: Args, parent: Parent, context: GraphContext) => FieldAccess<Args, Parent>);

/**
 * The caller has this privilege on a forest node, given by its id or by a function that finds it. Inside a field's
 * options TypeScript cannot infer that function's arguments; write them (`privilege('app.deploy', (args: { id: string })
 * => args.id)`) or turn it round: `access: (args) => privilege('app.deploy', args.id)`.
 */
export function privilege(name: string, node: string): FieldAccess<unknown, unknown>;
export function privilege<Args, Parent>(name: string, node: string): FieldAccess<Args, Parent>;
export function privilege<Args, Parent>(
  name: string,
  node: (args: Args, parent: Parent, context: GraphContext) => string | Promise<string>,
): FieldAccess<Args, Parent>;
export function privilege<Args, Parent>(
  name: string,
  node: string | ((args: Args, parent: Parent, context: GraphContext) => string | Promise<string>),
): FieldAccess<Args, Parent> {
  return { kind: 'privilege', privilege: name, node: typeof node === 'string' ? () => node : node };
}

/** Anybody who is signed in. Right where the field shows only what is theirs, or asks the forest itself. */
export function signedIn(): FieldAccess<unknown, unknown> {
  return { kind: 'signed-in' };
}

/** Anybody at all. The reason is for whoever reads the code next. */
export function open(reason: string): FieldAccess<unknown, unknown> {
  if (!reason) throw new Error('bug: a field that is open says why');
  return { kind: 'open', reason };
}

/**
 * Throws `forbidden`, `not-found` or `unauthenticated` where the caller may not. Gives a promise only where something
 * has to be waited for: most checks are answered from memory.
 */
export function requireAccess<Args, Parent>(
  access: Access,
  given: DeclaredAccess<Args, Parent>,
  args: Args,
  parent: Parent,
  context: GraphContext,
): Promise<void> | undefined {
  const declared = typeof given === 'function' ? given(args, parent, context) : given;
  if (declared.kind === 'open') return undefined;
  if (declared.kind === 'signed-in') {
    if (context.caller.kind === 'anonymous') throw kitErrors('unauthenticated');
    return undefined;
  }
  const { caller } = context;
  const check = (node: string) => access.require(caller, declared.privilege, node);
  try {
    const node = declared.node(args, parent, context);
    return typeof node === 'string' ? check(node) : node.then(check, (error: unknown) => hidden(error, context));
  } catch (error) {
    return hidden(error, context);
  }
}

/** Somebody who is not signed in is told just that, whether or not there is anything to be found. */
function hidden(error: unknown, { caller }: GraphContext): never {
  if (caller.kind === 'anonymous' && isAppError(error) && error.status === 404) throw kitErrors('unauthenticated');
  throw error;
}
