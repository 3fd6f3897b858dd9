import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner';
import type { GraphQLSchema } from 'graphql';
import { property, type Source } from '#src/compile/source.ts';
import { type Data, fallsUnder, isData } from '#src/plan-data.ts';

export type PlanPath = readonly FlattenNodePathSegment[];

/** Puts the objects at a plan's path into a list, in the order of the answer. */
export type Find = (value: unknown, found: Data[]) => void;

/** A plan's path as a chain of functions, one for each segment. */
export function compileFinder(schema: GraphQLSchema, path: PlanPath): Find {
  const [segment, ...rest] = path;
  if (segment === undefined) return takeObjects;
  const next = compileFinder(schema, rest);
  if (segment === '@') return (value, found) => eachItem(value, found, next);
  if ('Field' in segment) {
    const { Field } = segment;
    return (value, found) => {
      if (isData(value)) next(value[Field], found);
    };
  }
  const { TypeCondition } = segment;
  return (value, found) => {
    if (isData(value) && isOf(schema, value, TypeCondition)) next(value, found);
  };
}

/** A path says once that something is a list, also of a list of lists. */
function eachItem(value: unknown, found: Data[], next: Find): void {
  if (!Array.isArray(value)) return;
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    if (Array.isArray(item)) eachItem(item, found, next);
    else next(item, found);
  }
}

function takeObjects(value: unknown, found: Data[]): void {
  if (isData(value)) found.push(value);
  else if (Array.isArray(value)) eachItem(value, found, takeObjects);
}

export interface Walk {
  readonly schema: GraphQLSchema;
  readonly source: Source;
  readonly path: PlanPath;
  /** The code for an object at the path's end, by the name of its variable. */
  readonly take: (object: string) => string;
  /** The variable that the path begins at. */
  readonly value: string;
}

/** A plan's path as code of a function, which returns undefined at a list in a list: those a `Find` goes through. */
export function writeWalk({ schema, source, path, take, value }: Walk): string {
  const step = (depth: number, at: string): string => {
    const segment = path[depth];
    const next = `${value}${depth}`;
    const isObject = `typeof ${at}==="object"&&${at}!==null`;
    if (segment === undefined) return `if(${isObject}){if(Array.isArray(${at}))return undefined;${take(at)}}`;
    if (segment === '@') {
      const rest = `if(Array.isArray(${next}))return undefined;${step(depth + 1, next)}`;
      return `if(Array.isArray(${at}))for(let i${depth}=0;i${depth}<${at}.length;i${depth}++){const ${next}=${at}[i${depth}];${rest}}`;
    }
    if ('Field' in segment) {
      const rest = `const ${next}=${at}${property(segment.Field)};${step(depth + 1, next)}`;
      return `if(${isObject}&&!Array.isArray(${at})){${rest}}`;
    }
    const names = source.constant(segment.TypeCondition);
    const is = `${source.constant(isOf)}(${source.constant(schema)},${at},${names})`;
    return `if(${isObject}&&!Array.isArray(${at})&&${is}){${step(depth + 1, at)}}`;
  };
  return step(0, value);
}

/** Where the schema leaves but one type the planner does not ask for its name. */
const isOf = (schema: GraphQLSchema, { __typename }: Data, names: readonly string[]): boolean =>
  __typename === undefined || names.some((name) => fallsUnder(schema, __typename, name));

/** A place in the answer as a chain upwards; made for errors only. */
export interface Spot {
  readonly above: Spot | undefined;
  readonly key: string | number;
}

export function pathOf(spot: Spot | undefined): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = spot; at; at = at.above) path.push(at.key);
  return path.reverse();
}

/** The objects at a plan's path with their places. */
export function findSpots(schema: GraphQLSchema, data: unknown, path: PlanPath): Map<Data, Spot | undefined> {
  const found = new Map<Data, Spot | undefined>();
  const walkItems = (items: readonly unknown[], depth: number, spot: Spot | undefined): void => {
    for (const [index, item] of items.entries()) {
      const at = { above: spot, key: index };
      if (Array.isArray(item)) walkItems(item, depth, at);
      else walk(item, depth, at);
    }
  };
  const walk = (value: unknown, depth: number, spot: Spot | undefined): void => {
    const segment = path[depth];
    if (Array.isArray(value)) {
      if (segment === undefined || segment === '@') walkItems(value, segment === '@' ? depth + 1 : depth, spot);
    } else if (!isData(value)) return;
    else if (segment === undefined) found.set(value, spot);
    else if (segment === '@') return;
    else if ('Field' in segment) walk(value[segment.Field], depth + 1, { above: spot, key: segment.Field });
    else if (isOf(schema, value, segment.TypeCondition)) walk(value, depth + 1, spot);
  };
  walk(data, 0, undefined);
  return found;
}
