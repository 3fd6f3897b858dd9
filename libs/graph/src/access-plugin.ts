import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { Log } from '@steading/kit';
import type { GraphQLFieldResolver } from 'graphql';
import { type DeclaredAccess, requireAccess } from '#src/field-access.ts';
import { toGraphError } from '#src/graph-errors.ts';
import { guardSource } from '#src/guarded-source.ts';
import type { GraphContext } from '#src/subgraph.ts';
import './access-plugin-types.ts';

export const accessPluginName = 'steadingAccess';

/**
 * Asks the forest before a resolver runs. A root field without `access` fails the build of the schema; errors leave in
 * the catalogue's form; the source of a subscription is checked for each event; after a mutation the session learns which forest revision it led to.
 */
class AccessPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const isRoot = field.kind === 'Query' || field.kind === 'Mutation' || field.kind === 'Subscription';
    if (isRoot && !accessOf(field))
      throw new Error(
        `bug: ${field.parentType}.${field.name} does not declare its access: privilege(…), signedIn() or open('why')`,
      );
    return field;
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const declared = accessOf(field);
    if (!declared && (!('resolve' in field.pothosOptions) || isExposed(field))) return resolver;
    const { access, log } = this.builder.options.steading;
    const notes = field.kind === 'Mutation';
    const isList = field.type.kind === 'List';
    const checks = declared && !('kind' in declared && declared.kind === 'open');
    const isSource = field.kind === 'Subscription';
    if (!checks && !notes && !isList) return plainly(resolver, log);

    // What is there already stays without a promise: most checks and most fields are.
    return (parent, args, context, info) => {
      const asked = context as GraphContext;
      const refused = (error: unknown): never => {
        throw toGraphError(error, asked, log);
      };
      const done = (result: unknown): unknown => {
        if (notes) asked.noteRevision(access.revision);
        return isList ? settled(result, asked, log) : result;
      };
      const run = (): unknown => {
        const result: unknown = resolver(parent, args, context, info);
        return result instanceof Promise ? result.then(done) : done(result);
      };
      try {
        // An event was checked where it came from; only a subscription that was run as a query has none.
        const mustCheck = checks && !(isSource && parent !== undefined);
        const waited = mustCheck ? requireAccess(access, declared, args, parent, asked) : undefined;
        const result = waited ? waited.then(run) : run();
        return result instanceof Promise ? result.catch(refused) : result;
      } catch (error) {
        return refused(error);
      }
    };
  }

  override wrapSubscribe(
    subscribe: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> | undefined {
    const declared = accessOf(field);
    if (!subscribe || !declared) return subscribe;
    return guardSource({ ...this.builder.options.steading, declared, subscribe }) as typeof subscribe;
  }
}

/** The resolver as it is, its errors in the catalogue's form. */
function plainly<Context>(
  resolver: GraphQLFieldResolver<unknown, Context, object>,
  log: Log,
): GraphQLFieldResolver<unknown, Context, object> {
  const refuse = (error: unknown, context: Context): never => {
    throw toGraphError(error, context as GraphContext, log);
  };
  return (parent, args, context, info) => {
    try {
      const result: unknown = resolver(parent, args, context, info);
      return result instanceof Promise ? result.catch((error: unknown) => refuse(error, context)) : result;
    } catch (error) {
      return refuse(error, context);
    }
  };
}

/** A list of promises as one; an item that fails is an error in its place. Compiled operations take no other lists. */
function settled(list: unknown, context: GraphContext, log: Log): unknown {
  if (!Array.isArray(list) || !list.some((item) => item instanceof Promise)) return list;
  return Promise.all(
    list.map((item: unknown) =>
      item instanceof Promise ? item.catch((error: unknown) => toGraphError(error, context, log)) : item,
    ),
  );
}

/** A field that only hands on what its parent has. */
const isExposed = ({ extensions }: { readonly extensions?: unknown }): boolean =>
  (extensions as { pothosExposedField?: unknown } | undefined)?.pothosExposedField !== undefined;

function accessOf(field: { readonly pothosOptions: unknown }): DeclaredAccess | undefined {
  return (field.pothosOptions as { access?: DeclaredAccess }).access;
}

let registered = false;

/** Tells Pothos, which keeps plugins in one list for the process, that this one exists. */
export function registerAccessPlugin(): void {
  if (registered) return;
  registered = true;
  SchemaBuilder.registerPlugin(accessPluginName, AccessPlugin);
}
