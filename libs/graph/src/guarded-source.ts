/**
 * The source of a subscription field behind its `access`: asked before it is opened, again before each event is handed
 * on, and whenever the forest changes, so that whoever may no longer read is cut off at once and not with the next
 * event. The field's forest node is found once; who may do what there is asked every time.
 */
import type { Access } from '@steading/access';
import type { Log } from '@steading/kit';
import type { GraphQLFieldResolver } from 'graphql';
import { type DeclaredAccess, type FieldAccess, requireAccess } from '#src/field-access.ts';
import { toGraphError } from '#src/graph-errors.ts';
import { type Interruptible, interruptible } from '#src/interruptible.ts';
import type { GraphContext } from '#src/subgraph.ts';

type Subscriber = GraphQLFieldResolver<unknown, GraphContext, object>;
type Check = () => Promise<void> | undefined;

export interface GuardOptions {
  readonly access: Access;
  readonly log: Log;
  readonly declared: DeclaredAccess;
  readonly subscribe: Subscriber;
}

/** The field's `subscribe` as the schema has it. */
export function guardSource({ access, log, declared, subscribe }: GuardOptions): Subscriber {
  return async (parent, args, context, info) => {
    try {
      const asked = typeof declared === 'function' ? declared(args, parent, context) : declared;
      const once = withNodeOnce(asked);
      const check: Check = () => requireAccess(access, once, args, parent, context);
      await check();
      const source = interruptible((await subscribe(parent, args, context, info)) as AsyncIterable<unknown>);
      return asked.kind === 'open' ? plain(source, context, log) : checked({ source, access, check, context, log });
    } catch (error) {
      throw toGraphError(error, context, log);
    }
  };
}

function withNodeOnce(asked: FieldAccess): FieldAccess {
  if (asked.kind !== 'privilege') return asked;
  let node: string | Promise<string> | undefined;
  return { ...asked, node: (...given) => (node ??= asked.node(...given)) };
}

interface Checked {
  readonly source: Interruptible<unknown>;
  readonly access: Access;
  readonly check: Check;
  readonly context: GraphContext;
  readonly log: Log;
}

async function* checked({ source, access, check, context, log }: Checked): AsyncGenerator<unknown> {
  let checking = false;
  let again = false;
  async function look(): Promise<void> {
    // Changes that come during a check are one more check.
    if (checking) return void (again = true);
    checking = true;
    try {
      do {
        again = false;
        await check();
      } while (again);
    } catch (error) {
      source.interrupt(error);
    } finally {
      checking = false;
    }
  }
  const watch = access.onChange(() => void look());
  try {
    // The forest may have changed between the first check and the watch.
    await check();
    for await (const event of plain(source, context, log)) {
      await check();
      yield event;
    }
  } catch (error) {
    throw toGraphError(error, context, log);
  } finally {
    watch.stop();
  }
}

async function* plain(source: Interruptible<unknown>, context: GraphContext, log: Log): AsyncGenerator<unknown> {
  const end = () => source.interrupt();
  context.signal.addEventListener('abort', end, { once: true });
  if (context.signal.aborted) end();
  try {
    yield* source;
  } catch (error) {
    if (!context.signal.aborted) throw toGraphError(error, context, log);
  } finally {
    context.signal.removeEventListener('abort', end);
  }
}
