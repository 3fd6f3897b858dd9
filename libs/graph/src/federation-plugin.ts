/**
 * Apollo Federation 2 for Pothos: the API of `@pothos/plugin-federation`, whose types it takes, without what that
 * loads. The plug-in prints a schema by way of Apollo's composition library, which is a second of computing at every
 * start of a process; Pothos has the syntax tree of every type already.
 */
import SchemaBuilder, {
  BasePlugin,
  FieldBuilder,
  ObjectRef,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  RootFieldBuilder,
  type SchemaTypes,
} from '@pothos/core';
import type {} from '@pothos/plugin-federation';
import { bug } from '@steading/kit';
import {
  type DocumentNode,
  defaultFieldResolver,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  print,
  type StringValueNode,
  visit,
} from 'graphql';
import type { ResolveReference } from '#src/compile/running.ts';

export const federationPluginName = 'federation';

interface Directive {
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

interface Key {
  readonly selection: string;
  readonly resolvable?: boolean;
}

interface Entity {
  readonly key: Key | readonly Key[];
  readonly resolveReference?: ResolveReference;
}

/** Those with which a type may say that it is part of a federation; a subgraph imports them all. */
const directiveNames = [
  '@key',
  '@extends',
  '@shareable',
  '@external',
  '@requires',
  '@provides',
  '@inaccessible',
  '@override',
];
const specification = 'https://specs.apollo.dev/federation/v2.6';

/** By builder and the name of the type. */
const entities = new WeakMap<object, Map<string, Entity>>();

class Federation<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(type: PothosTypeConfig): PothosTypeConfig {
    const entity = entities.get(this.builder)?.get(type.name);
    const given = [...(entity ? keysOf(entity.key) : []), ...commonOf(type.pothosOptions)];
    const extensions = withDirectives(type.extensions, given);
    return { ...type, extensions: entity ? withReference(extensions, entity.resolveReference) : extensions };
  }

  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const options = field.pothosOptions as unknown as {
      readonly requires?: { readonly selection: string };
      readonly override?: { readonly from: string };
    };
    const isExternal = (field.kind as string) === 'ExternalEntity';
    const given: Directive[] = [
      ...(options.requires ? [{ name: 'requires', args: { fields: options.requires.selection } }] : []),
      ...(isExternal ? [{ name: 'external' }] : []),
      ...(options.override ? [{ name: 'override', args: options.override }] : []),
      ...commonOf(field.pothosOptions),
    ];
    return {
      ...field,
      ...(isExternal && { resolve: defaultFieldResolver }),
      extensions: withDirectives(field.extensions, given),
    } as PothosOutputFieldConfig<Types>;
  }
}

/** A type that another subgraph owns. */
class ExternalEntity extends ObjectRef<SchemaTypes, unknown> {
  override readonly kind = 'Object';
  readonly #builder: PothosSchemaTypes.SchemaBuilder<SchemaTypes>;
  readonly #entity: Partial<Entity>;

  constructor(builder: PothosSchemaTypes.SchemaBuilder<SchemaTypes>, name: string, entity: Partial<Entity>) {
    super(name);
    this.#builder = builder;
    this.#entity = entity;
  }

  implement(options: never): this {
    const { fields, externalFields, directives, ...others } = options as {
      readonly fields?: (t: unknown) => object;
      readonly externalFields?: (t: unknown) => object;
      readonly directives?: readonly Directive[];
      readonly extensions?: Readonly<Record<string, unknown>>;
    };
    const { key, resolveReference } = this.#entity;
    this.#builder.objectType(
      this as never,
      {
        ...others,
        name: this.name,
        directives: [...(directives ?? []), ...(key ? keysOf(key) : []), { name: 'extends', args: {} }],
        fields: () => ({
          ...externalFields?.(new RootFieldBuilder(this.#builder, 'ExternalEntity' as never, 'Object')),
          ...fields?.(new FieldBuilder(this.#builder, 'ExtendedEntity' as never, 'Object')),
        }),
        extensions: withReference(others.extensions, resolveReference),
      } as never,
    );
    return this;
  }

  provides(): never {
    return bug('@provides is not made here; ask the subgraph that owns the field');
  }
}

const proto = SchemaBuilder.prototype as unknown as Record<string, unknown>;
proto.selection = (selection: string) => ({ selection });
proto.keyDirective = (key: Key, resolvable?: boolean) => ({ ...key, resolvable });
proto.externalRef = function externalRef(
  this: PothosSchemaTypes.SchemaBuilder<SchemaTypes>,
  name: string,
  key?: Entity['key'],
  resolveReference?: ResolveReference,
) {
  return new ExternalEntity(this, name, { ...(key && { key }), ...(resolveReference && { resolveReference }) });
};
proto.asEntity = function asEntity(
  this: PothosSchemaTypes.SchemaBuilder<SchemaTypes>,
  type: ObjectRef<SchemaTypes, unknown>,
  entity: Entity,
) {
  refuseNotMade(entity);
  const known = entities.get(this) ?? new Map<string, Entity>();
  entities.set(this, known);
  this.configStore.onTypeConfig(type, ({ name }) => void known.set(name, entity));
};
proto.toSubGraphSchema = () => {
  bug('a subgraph is made by finish()');
};
SchemaBuilder.registerPlugin(federationPluginName, Federation as never);

const any = new GraphQLScalarType({ name: '_Any' });
const service = new GraphQLObjectType({ name: '_Service', fields: { sdl: { type: GraphQLString } } });

/**
 * The schema with the fields `_service` and `_entities` (Apollo's subgraph specification), and its text without them.
 * `_entities` has no resolver: `installEntityResolver` gives it one.
 */
export function toSubgraphSchema(builder: PothosSchemaTypes.SchemaBuilder<SchemaTypes>): {
  schema: GraphQLSchema;
  sdl: string;
} {
  const link = { name: 'link', args: { url: specification, import: directiveNames } };
  const plain = builder.toSchema({ extensions: { directives: [link] }, sortSchema: false } as never);
  const sdl = printTypes(plain);
  const types = Object.values(plain.getTypeMap());
  const query = plain.getQueryType();
  const found = types.filter((type) => isObjectType(type) && isResolvable(type));
  const config = query?.toConfig();
  const full = new GraphQLObjectType({
    name: 'Query',
    ...config,
    fields: {
      ...(found.length > 0 && {
        _entities: {
          type: new GraphQLNonNull(
            new GraphQLList(new GraphQLUnionType({ name: '_Entity', types: found as GraphQLObjectType[] })),
          ),
          args: { representations: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(any))) } },
        },
      }),
      _service: { type: new GraphQLNonNull(service), resolve: () => ({ sdl }) },
      ...config?.fields,
    },
  });
  const schema = new GraphQLSchema({
    query: full,
    mutation: plain.getMutationType(),
    subscription: plain.getSubscriptionType(),
    extensions: plain.extensions,
    directives: plain.getDirectives(),
    types: types.filter((type) => type !== query),
  });
  return { schema, sdl };
}

/** In the order of their names, so that the text is the same whichever noun's file was first. */
function printTypes(schema: GraphQLSchema): string {
  const types = Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap(({ astNode }) => astNode ?? []);
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [...schema.extensionASTNodes, ...types] };
  const asBlock = (node: StringValueNode, key: unknown) =>
    key === 'description' ? { ...node, block: true } : undefined;
  return print(visit(document, { StringValue: asBlock }));
}

function isResolvable({ extensions }: GraphQLObjectType): boolean {
  const directives = (extensions.directives ?? []) as readonly Directive[];
  return directives.some(({ name, args }) => name === 'key' && args?.resolvable !== false);
}

function keysOf(key: Entity['key']): Directive[] {
  return [key].flat().map(({ selection, resolvable }: Key) => ({
    name: 'key',
    args: { fields: selection, ...(resolvable !== undefined && { resolvable }) },
  }));
}

/** The types of the plug-in allow more than is made here; what would be left out silently must not be written. */
const notMade = ['tag', 'authenticated', 'requiresScopes', 'policy', 'cost', 'listSize', 'interfaceObject'];

function refuseNotMade(options: object): void {
  const odd = notMade.find((name) => name in options);
  if (odd) bug(`a subgraph here has no ${odd}; see federation-plugin.ts`);
}

function commonOf(options: object): Directive[] {
  refuseNotMade(options);
  const { shareable, inaccessible } = options as { readonly shareable?: boolean; readonly inaccessible?: boolean };
  return [...(inaccessible ? [{ name: 'inaccessible' }] : []), ...(shareable ? [{ name: 'shareable' }] : [])];
}

type Extensions = Readonly<Record<string, unknown>> | null | undefined;

function withDirectives(extensions: Extensions, more: readonly Directive[]) {
  const before = (extensions?.directives ?? []) as readonly Directive[];
  return { ...extensions, directives: [...before, ...more] };
}

function withReference(extensions: Extensions, resolveReference: ResolveReference | undefined) {
  return { ...extensions, apollo: { subgraph: { resolveReference } } };
}
