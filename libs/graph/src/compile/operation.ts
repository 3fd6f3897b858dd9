/**
 * Turns an operation of one schema into a JavaScript function that runs it: property reads where a field only hands on
 * what its parent has, direct calls of resolvers elsewhere, and no promise for what is there already. Selections are
 * merged beforehand, for one setting of the operation's @skip and @include variables.
 */
import {
  defaultFieldResolver,
  type ExecutionResult,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLBoolean,
  type GraphQLError,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  getNullableType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { getVariableValues } from 'graphql/execution/values.js';
import type { CompleteObject, ResolveReference, Site } from '#src/compile/running.ts';
import * as running from '#src/compile/running.ts';
import { Run } from '#src/compile/running.ts';
import { createNumbering, createSource, property, type Source } from '#src/compile/source.ts';
import { referenceResolvers } from '#src/entities.ts';
import type { Operation } from '#src/operation.ts';

type Variables = { readonly [name: string]: unknown };

/** Runs the operation; answers at once where every resolver does. */
export type RunOperation = (
  root: unknown,
  context: unknown,
  variables: Variables,
) => ExecutionResult | Promise<ExecutionResult>;

export interface CompileOperationOptions {
  readonly schema: GraphQLSchema;
  readonly operation: Operation;
  /** Only those of @skip and @include are looked at. */
  readonly conditions: Variables;
}

type Fields = ReadonlyMap<string, readonly FieldNode[]>;

interface Compiling extends CompileOperationOptions {
  readonly source: Source;
  readonly numberOf: (nodes: readonly object[]) => string;
}

/** Throws for what it does not compile: an operation that asks about the schema. */
export function compileOperation(options: CompileOperationOptions): RunOperation {
  const { schema, operation, conditions } = options;
  const compiling: Compiling = { ...options, source: createSource(), numberOf: createNumbering() };
  const { source } = compiling;
  const root = schema.getRootType(operation.node.operation)!;
  const all = collectFields(schema, operation.fragments, conditions, root, operation.node.selectionSet);
  const inSeries = operation.node.operation === 'mutation';
  const parts = inSeries ? [...all].map(([key, nodes]) => new Map([[key, nodes]])) : [all];
  const names = parts.map((fields, index) => declareObject(compiling, root, fields, `root ${index}`));
  const steps = source.build(`[${names.join(',')}]`) as CompleteObject[];
  const prepare = variablesOf(schema, operation);
  return (rootValue, context, given) => {
    const { coerced, errors } = prepare(given);
    if (!coerced) return { errors: errors ?? [] };
    const run = new Run(rootValue, context, coerced);
    return steps.length === 1 ? runOne(steps[0]!, run) : runInSeries(steps, run);
  };
}

function runOne(step: CompleteObject, run: Run): ExecutionResult | Promise<ExecutionResult> {
  const data = step(run.root as object, undefined, run);
  if (run.pending === 0) return resultOf(data, run);
  return run.whenIdle().then(() => resultOf(data, run));
}

async function runInSeries(steps: readonly CompleteObject[], run: Run): Promise<ExecutionResult> {
  const data = {};
  for (const step of steps) {
    const part = step(run.root as object, undefined, run);
    if (run.pending > 0) await run.whenIdle();
    if (part === running.bubble || run.nulled) return resultOf(running.bubble, run);
    Object.assign(data, part);
  }
  return resultOf(data, run);
}

function resultOf(data: unknown, { nulled, errors }: Run): ExecutionResult {
  const whole = nulled || data === running.bubble ? null : (data as Record<string, unknown>);
  return errors.length > 0 ? { data: whole, errors } : { data: whole };
}

/** References are made by the executor itself, of what subgraphs said: they are taken as they are. */
function variablesOf(schema: GraphQLSchema, { node }: Operation) {
  const checked = (node.variableDefinitions ?? []).filter(({ type }) => {
    const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
    return JSON.stringify(named).indexOf('"_Any"') < 0;
  });
  return (given: Variables): { readonly coerced?: Variables; readonly errors?: readonly GraphQLError[] } => {
    if (checked.length === 0) return { coerced: given };
    const { coerced, errors } = getVariableValues(schema, checked, given);
    return errors ? { errors } : { coerced: { ...given, ...coerced } };
  };
}

/** An object's function: takes the value, gives what is selected of it, or `bubble`. */
function declareObject(compiling: Compiling, type: GraphQLObjectType, fields: Fields, key: string): string {
  const { source } = compiling;
  return source.declare(`object ${key}`, (name) => {
    const shape = [...fields].map(
      ([response, [first]]) =>
        `${property(response)}:${first!.name.value === '__typename' ? JSON.stringify(type.name) : 'null'}`,
    );
    const lines = [...fields].map(([response, nodes]) => writeField(compiling, type, response, nodes));
    return `function ${name}(v,p,run){const r={${shape.join(',')}};let x;\n${lines.join('\n')}\nreturn r;}`;
  });
}

function writeField(compiling: Compiling, parent: GraphQLObjectType, key: string, nodes: readonly FieldNode[]): string {
  const name = nodes[0]!.name.value;
  if (name === '__typename') return '';
  const field = parent.getFields()[name];
  if (!field) throw new Error(`${parent.name}.${name} is not compiled`);
  const { schema, operation, source } = compiling;
  const site: Site = { schema, operation, parentType: parent, field, nodes, key };
  const siteName = source.constant(site);
  const resolvers = referenceResolvers(field);
  if (resolvers) return writeEntities(compiling, site, siteName, resolvers);
  return `${writeResolve(compiling, site, siteName)}\n${writePlace(compiling, site, siteName)}`;
}

/** `x` becomes what the resolver gives. */
function writeResolve({ source }: Compiling, site: Site, siteName: string): string {
  const { field, nodes } = site;
  const { pothosExposedField, pothosResolveWrapped } = field.extensions as Record<string, unknown>;
  if (typeof pothosExposedField === 'string' && !pothosResolveWrapped) return `x=v${property(pothosExposedField)};`;
  const info = `new ${source.constant(running.FieldInfo)}(${siteName},p,run)`;
  const given = writeArguments(source, site, siteName, nodes[0]!);
  const caught = `catch(e){x=${source.constant(running.fail)}(run,${siteName},p,e);}`;
  if (field.resolve && field.resolve !== defaultFieldResolver)
    return `try{x=${source.constant(field.resolve)}(v,${given},run.context,${info});}${caught}`;
  const read = `v${property(field.name)}`;
  return `try{x=v===null||v===undefined?undefined:${read};if(typeof x==="function")x=${read}(${given},run.context,${info});}${caught}`;
}

function writeArguments(source: Source, site: Site, siteName: string, node: FieldNode): string {
  if (site.field.args.length === 0) return '{}';
  let varies = false;
  for (const argument of node.arguments ?? [])
    visit(argument, {
      Variable() {
        varies = true;
      },
    });
  if (varies) return `${source.constant(running.argumentsOf)}(${siteName},run)`;
  try {
    const known = running.argumentsOf(site, new Run(undefined, undefined, {}));
    return `{...${source.constant(known)}}`;
  } catch {
    // What is wrong with them is an error of the field, each time that it is asked.
    return `${source.constant(running.argumentsOf)}(${siteName},run)`;
  }
}

/** `r[key]` becomes what `x` is as the field's type. */
function writePlace(compiling: Compiling, site: Site, siteName: string): string {
  const { source } = compiling;
  const { type } = site.field;
  const nullable = !isNonNullType(type);
  const bare = getNullableType(type);
  const target = `r${property(site.key)}`;
  const place = writePlaceOf('p', JSON.stringify(site.key), 'r', nullable);
  const bubble = source.constant(running.bubble);
  const orRise = nullable ? '' : `if(x===${bubble})return ${bubble};`;
  const [test, straight] = writeStraight(compiling, site, bare, nullable, place);
  const completer = declareComplete(compiling, site, siteName, bare, site.nodes);
  const slow = `x=${source.constant(running.complete)}(x,${place},run,${siteName},${completer});`;
  if (!test) return `${slow}${orRise}${target}=x;`;
  if (straight === 'x') return `if(${test})${target}=x;else{${slow}${orRise}${target}=x;}`;
  const rises = nullable ? `if(x===${bubble})x=null;` : orRise;
  return `if(${test})x=${straight};else ${slow}${rises}${target}=x;`;
}

const writePlaceOf = (above: string, key: string, holder: string, nullable: boolean): string =>
  `{above:${above},key:${key},holder:${holder},nullable:${nullable}}`;

/** What is plainly right is taken at once: a test of `x`, and what it becomes where the test holds. */
function writeStraight(
  compiling: Compiling,
  site: Site,
  bare: GraphQLOutputType,
  nullable: boolean,
  place: string,
): readonly [test: string | undefined, straight: string] {
  const orNull = nullable ? '||x===null' : '';
  const plain = plainLeaf(bare);
  if (plain) return [`${plain}${orNull}`, 'x'];
  if (isObjectType(bare) && !bare.isTypeOf) {
    const name = declareSelection(compiling, bare, site.nodes);
    return [isPlainObject('x', compiling.source), `${name}(x,${place},run)`];
  }
  return [undefined, ''];
}

const isPlainObject = (x: string, source: Source): string =>
  `typeof ${x}==="object"&&${x}!==null&&${x}.then===undefined&&!(${x} instanceof ${source.constant(Error)})`;

/** Leaves that need no serialising where the value has this form already. */
function plainLeaf(type: GraphQLOutputType): string | undefined {
  if (type === GraphQLString || type === GraphQLID) return 'typeof x==="string"';
  if (type === GraphQLBoolean) return 'typeof x==="boolean"';
  if (type === GraphQLInt) return 'typeof x==="number"&&(x|0)===x';
  if (type === GraphQLFloat) return 'typeof x==="number"&&x-x===0';
  return undefined;
}

function declareSelection(compiling: Compiling, type: GraphQLObjectType, nodes: readonly FieldNode[]): string {
  const { schema, operation, conditions, numberOf } = compiling;
  const key = `${type.name} ${numberOf(nodes)}`;
  return declareObject(compiling, type, collectSubfields(schema, operation.fragments, conditions, type, nodes), key);
}

/** A function that completes a value which is there and is not null: `(x, place, run)`. */
function declareComplete(
  compiling: Compiling,
  site: Site,
  siteName: string,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): string {
  const { source } = compiling;
  if (isListType(type)) return declareList(compiling, site, siteName, type.ofType as GraphQLOutputType, nodes);
  if (isLeafType(type)) return declareLeaf(compiling, siteName, type);
  if (isObjectType(type)) {
    const straight = declareSelection(compiling, type, nodes);
    if (!type.isTypeOf) return straight;
    return source.declare(`checked ${siteName} ${type.name}`, (own) => {
      const call = `${source.constant(running.checked)}(x,p,run,${siteName},${own}o)`;
      return `const ${own}o={type:${source.constant(type)},straight:${straight}};function ${own}(x,p,run){return ${call};}`;
    });
  }
  return declareAbstract(compiling, site, siteName, type as GraphQLAbstractType, nodes);
}

function declareLeaf({ source }: Compiling, siteName: string, type: GraphQLLeafType): string {
  return source.declare(`leaf ${siteName} ${type.name}`, (own) => {
    const slow = `return ${source.constant(running.leaf)}(x,p,run,${siteName},${source.constant(type)});`;
    if (!isEnumType(type)) return `function ${own}(x,p,run){${slow}}`;
    const names = new Map(type.getValues().map(({ name, value }) => [value as unknown, name]));
    return `function ${own}(x,p,run){const n=${source.constant(names)}.get(x);if(n!==undefined)return n;${slow}}`;
  });
}

function declareList(
  compiling: Compiling,
  site: Site,
  siteName: string,
  item: GraphQLOutputType,
  nodes: readonly FieldNode[],
): string {
  const { source } = compiling;
  const nullable = !isNonNullType(item);
  const bare = getNullableType(item);
  const completer = declareComplete(compiling, site, siteName, bare, nodes);
  const place = writePlaceOf('p', 'i', 'r', nullable);
  const bubble = source.constant(running.bubble);
  const slow = `x=${source.constant(running.complete)}(x,${place},run,${siteName},${completer});`;
  const straight = isObjectType(bare) && !bare.isTypeOf;
  const plain = plainLeaf(bare);
  const one = straight
    ? `if(${isPlainObject('x', source)})x=${completer}(x,${place},run);else ${slow}`
    : plain
      ? `if(!(${plain}${nullable ? '||x===null' : ''}))${slow}`
      : slow;
  const rises = nullable ? `if(x===${bubble})x=null;` : `if(x===${bubble})return p.nullable?null:${bubble};`;
  return source.declare(`list ${siteName} ${String(item)}`, (own) => {
    const list = `const a=${source.constant(running.toArray)}(v);if(a===undefined)return ${source.constant(running.notList)}(run,${siteName},p);`;
    return `function ${own}(v,p,run){${list}const n=a.length,r=new Array(n);for(let i=0;i<n;i++){let x=a[i];${one}${rises}r[i]=x;}return r;}`;
  });
}

function declareAbstract(
  compiling: Compiling,
  site: Site,
  siteName: string,
  type: GraphQLAbstractType,
  nodes: readonly FieldNode[],
): string {
  const { source, schema } = compiling;
  const entries = schema
    .getPossibleTypes(type)
    .map((one) => `[${JSON.stringify(one.name)},${declareComplete(compiling, site, siteName, one, nodes)}]`);
  return source.declare(`abstract ${siteName} ${type.name}`, (own) => {
    const of = `{type:${source.constant(type)},straight:new Map([${entries.join(',')}])}`;
    const call = `${source.constant(running.abstract)}(x,p,run,${siteName},${own}o)`;
    return `const ${own}o=${of};function ${own}(x,p,run){return ${call};}`;
  });
}

function writeEntities(
  compiling: Compiling,
  site: Site,
  siteName: string,
  resolvers: (typeName: string) => ResolveReference,
): string {
  const { source, schema } = compiling;
  const types = schema.getPossibleTypes(schema.getType('_Entity') as GraphQLAbstractType).map((type) => {
    const straight = declareComplete(compiling, site, siteName, type, site.nodes);
    return `[${JSON.stringify(type.name)},{resolve:${source.constant(resolvers(type.name))},straight:${straight}}]`;
  });
  const table = source.declare(`entities ${siteName}`, (own) => `const ${own}=new Map([${types.join(',')}]);`);
  const place = writePlaceOf('p', JSON.stringify(site.key), 'r', false);
  const given = `run.variables${property(representationsVariable(site))}`;
  return `r${property(site.key)}=${source.constant(running.entities)}(${given},${place},run,${siteName},${table});`;
}

/** Plans hand on references by a variable, as the one argument of `_entities`. */
function representationsVariable({ nodes }: Site): string {
  const value = nodes[0]?.arguments?.[0]?.value;
  if (value?.kind !== Kind.VARIABLE) throw new Error('bug: references that are no variable');
  return value.name.value;
}
