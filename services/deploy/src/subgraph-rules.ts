/**
 * What an app may add to the house's graph. Everything that it names begins with its own name, so that it can neither
 * take nor change what is somebody else's; what the house owns it may only refer to and extend by key; what it adds
 * where others stand may be null, so that its failure takes nothing else along. Pure.
 */
import {
  BREAK,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLError,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  specifiedScalarTypes,
  type TypeNode,
  visit,
} from 'graphql';
import { typePrefixOf } from '#src/app-subgraphs.ts';

export const sdlLimits = { bytes: 100_000, tokens: 20_000, types: 200, fields: 1_000, depth: 30 };

/** What apps may refer to and extend, by `id`. */
export const houseTypes: ReadonlySet<string> = new Set(['App', 'Person', 'Space']);
const roots: ReadonlySet<string> = new Set(['Query', 'Mutation']);
const directives: ReadonlySet<string> = new Set(['key', 'external', 'extends', 'deprecated', 'specifiedBy', 'oneOf']);
const imports: ReadonlySet<string> = new Set(['@key', '@external', '@extends']);
const scalars: ReadonlySet<string> = new Set(specifiedScalarTypes.map(({ name }) => name));

export interface CheckedSdl {
  /** Sentences, each about one thing that is wrong; empty: it is fit to be composed. */
  readonly problems: readonly string[];
  /** What it adds that others see: `Query.ratings_top`, `Space.ratings_average`. */
  readonly adds: readonly string[];
}

const maxProblems = 10;

/** Checks an app's SDL, for the name under which it was offered. */
export function checkSdl(sdl: string, name: string): CheckedSdl {
  if (Buffer.byteLength(sdl) > sdlLimits.bytes)
    return { problems: [`It has more than ${sdlLimits.bytes / 1000} KB.`], adds: [] };
  let document: DocumentNode;
  try {
    document = parse(sdl, { noLocation: true, maxTokens: sdlLimits.tokens });
  } catch (error) {
    return { problems: [`It cannot be read: ${(error as GraphQLError).message}`], adds: [] };
  }
  const checked: Checking = { name, prefix: typePrefixOf(name), problems: [], adds: [] };
  // Whoever composes and plans goes down by recursion, and not all of it can be caught.
  if (isDeep(document)) return { problems: ['It is nested too deep.'], adds: [] };
  checkSize(checked, document);
  for (const definition of document.definitions) checkDefinition(checked, definition);
  checkLink(checked, document);
  checkDirectives(checked, document);
  checkReferences(checked, document);
  checkKeys(checked, document);
  return { problems: [...new Set(checked.problems)].slice(0, maxProblems), adds: [...new Set(checked.adds)].sort() };
}

interface Checking {
  readonly name: string;
  readonly prefix: string;
  readonly problems: string[];
  readonly adds: string[];
}

type ObjectNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;

const isObject = (node: DefinitionNode): node is ObjectNode =>
  node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;

function isDeep(document: DocumentNode): boolean {
  let deep = false;
  visit(document, {
    enter(_node, _key, _parent, _path, ancestors) {
      deep ||= ancestors.length > sdlLimits.depth;
      return deep ? BREAK : undefined;
    },
  });
  return deep;
}

function checkSize({ problems }: Checking, { definitions }: DocumentNode): void {
  if (definitions.length > sdlLimits.types) problems.push(`It has more than ${sdlLimits.types} definitions.`);
  const fields = definitions.reduce((sum, node) => sum + ('fields' in node ? (node.fields?.length ?? 0) : 0), 0);
  if (fields > sdlLimits.fields) problems.push(`It has more than ${sdlLimits.fields} fields.`);
}

function checkDefinition(checked: Checking, node: DefinitionNode): void {
  const { prefix, problems } = checked;
  switch (node.kind) {
    case Kind.SCHEMA_EXTENSION:
      if (node.operationTypes?.length) problems.push('Leave the root types as they are called: Query and Mutation.');
      return;
    case Kind.SCHEMA_DEFINITION:
      problems.push('Leave out `schema { … }`; write `extend schema @link(…)` for Federation.');
      return;
    case Kind.DIRECTIVE_DEFINITION:
      problems.push(`Leave out the definition of @${node.name.value}: apps bring no directives.`);
      return;
    case Kind.OPERATION_DEFINITION:
    case Kind.FRAGMENT_DEFINITION:
      problems.push('It must hold types only, no operations.');
      return;
    default:
      break;
  }
  const type = node.name.value;
  if (type === 'Subscription') problems.push('Subscription: apps offer queries and mutations only.');
  else if (isObject(node) && roots.has(type)) checkRoot(checked, node);
  else if (isObject(node) && houseTypes.has(type)) checkHouseType(checked, node);
  else if (!type.startsWith(prefix) || type.length === prefix.length)
    problems.push(
      `${type}: call it ${prefix}${type.replaceAll('_', '')}; of what it does not name itself an app may extend ${[...houseTypes].join(', ')} only.`,
    );
}

function checkRoot(checked: Checking, node: ObjectNode): void {
  if (node.interfaces?.length) checked.problems.push(`${node.name.value} cannot implement an interface.`);
  for (const field of node.fields ?? []) checkAdded(checked, node.name.value, field);
}

function checkHouseType(checked: Checking, node: ObjectNode): void {
  const { problems } = checked;
  const type = node.name.value;
  if (node.interfaces?.length) problems.push(`${type} is the house's and cannot implement an interface here.`);
  for (const field of node.fields ?? []) {
    if (field.name.value !== 'id') checkAdded(checked, type, field);
    else if (!isIdField(field)) problems.push(`${type}.id must be written as \`id: ID!\`, with @external or without.`);
  }
}

const isIdField = ({ type, arguments: given }: FieldDefinitionNode): boolean =>
  type.kind === Kind.NON_NULL_TYPE &&
  type.type.kind === Kind.NAMED_TYPE &&
  type.type.name.value === 'ID' &&
  !given?.length;

function checkAdded({ name, problems, adds }: Checking, type: string, field: FieldDefinitionNode): void {
  const own = field.name.value;
  adds.push(`${type}.${own}`);
  if (!own.startsWith(`${name}_`) || own.length === name.length + 1)
    problems.push(`${type}.${own}: call it ${type}.${name}_${own.replaceAll('_', '')}.`);
  if (field.type.kind === Kind.NON_NULL_TYPE)
    problems.push(
      `${type}.${own} must be nullable, so that only it is lost when the app fails: leave out the last “!”.`,
    );
}

/** Federation 2, by its own names, and of its directives only those that apps may use. */
function checkLink({ problems }: Checking, document: DocumentNode): void {
  const links = document.definitions.flatMap((node) =>
    node.kind === Kind.SCHEMA_EXTENSION ? (node.directives ?? []).filter(({ name }) => name.value === 'link') : [],
  );
  const link = links[0];
  if (!link || links.length > 1 || !isFederationLink(link))
    problems.push(
      'Begin with `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@external"])` and no other link.',
    );
}

function isFederationLink(link: ConstDirectiveNode): boolean {
  return (link.arguments ?? []).every(({ name, value }) => {
    if (name.value === 'url')
      return value.kind === Kind.STRING && /^https:\/\/specs\.apollo\.dev\/federation\/v2\.[0-6]$/.test(value.value);
    return (
      name.value === 'import' &&
      value.kind === Kind.LIST &&
      value.values.every((one) => one.kind === Kind.STRING && imports.has(one.value))
    );
  });
}

function checkDirectives({ problems }: Checking, document: DocumentNode): void {
  visit(document, {
    Directive(node, _key, _parent, _path, ancestors) {
      const name = node.name.value;
      const above = ancestors.at(-1) as { kind?: string } | undefined;
      if (name === 'link' && above?.kind === Kind.SCHEMA_EXTENSION) return;
      if (!directives.has(name)) problems.push(`@${name} is not for apps: leave it out.`);
    },
  });
}

/** Every type that is named must be its own, one that it refers to by key, or one of GraphQL's. */
function checkReferences({ problems }: Checking, document: DocumentNode): void {
  const known = new Set(document.definitions.flatMap((node) => ('name' in node && node.name ? [node.name.value] : [])));
  const check = (place: string, type: TypeNode) => {
    let inner = type;
    while (inner.kind !== Kind.NAMED_TYPE) inner = inner.type;
    const name = inner.name.value;
    if (roots.has(name)) problems.push(`${place}: ${name} cannot be the type of a field.`);
    else if (!scalars.has(name) && !known.has(name))
      problems.push(
        houseTypes.has(name)
          ? `${place}: add \`type ${name} @key(fields: "id", resolvable: false) { id: ID! }\` to refer to ${name}.`
          : `${place}: ${name} is not defined here.`,
      );
  };
  for (const node of document.definitions) {
    if (!('fields' in node) || !node.name) continue;
    for (const field of node.fields as readonly (FieldDefinitionNode | InputValueDefinitionNode)[]) {
      const place = `${node.name.value}.${field.name.value}`;
      check(place, field.type);
      if (field.kind === Kind.FIELD_DEFINITION) for (const one of field.arguments ?? []) check(place, one.type);
    }
  }
}

/** One key for each entity; the house's types by `id`. */
function checkKeys({ problems, adds }: Checking, document: DocumentNode): void {
  const keys = new Map<string, ConstDirectiveNode[]>();
  for (const node of document.definitions) {
    if (!('directives' in node) || !('name' in node) || !node.name) continue;
    const own = (node.directives ?? []).filter(({ name }) => name.value === 'key') as ConstDirectiveNode[];
    keys.set(node.name.value, [...(keys.get(node.name.value) ?? []), ...own]);
  }
  for (const [type, own] of keys) {
    if (own.length > 1) problems.push(`${type} has several keys: give it one @key.`);
    const key = own[0];
    if (key && !/^[\w\s]+$/.test(stringOf(key, 'fields') ?? ''))
      problems.push(`${type}: name plain fields in its @key.`);
    if (!houseTypes.has(type)) continue;
    if (!key || stringOf(key, 'fields') !== 'id') problems.push(`${type} needs @key(fields: "id"), and no other key.`);
    else if (isUnresolvable(key) && adds.some((added) => added.startsWith(`${type}.`)))
      problems.push(`${type}: leave out resolvable: false, for fields are added to it.`);
  }
}

function stringOf({ arguments: given }: ConstDirectiveNode, name: string): string | undefined {
  const value = given?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value.trim() : undefined;
}

const isUnresolvable = ({ arguments: given }: ConstDirectiveNode): boolean =>
  given?.some(({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value) === true;
