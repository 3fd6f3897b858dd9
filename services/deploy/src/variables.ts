/**
 * Variables at three levels, resolved for one app. Nearer ones win: app, environment, project. A value may refer to
 * `${{project.X}}`, `${{environment.X}}`, or `${{X}}` (whatever X is for this app). Pure.
 */
export type VariableLevel = 'project' | 'environment' | 'app';

export interface PlainVariable {
  readonly level: VariableLevel;
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
}

export interface ResolvedVariables {
  readonly values: Readonly<Record<string, string>>;
  /** Values that must not be seen in any log: secrets, and whatever was made from one. */
  readonly masked: readonly string[];
}

export type VariableProblem =
  | { readonly problem: 'unknown'; readonly reference: string; readonly variable: string }
  | { readonly problem: 'cycle'; readonly path: readonly string[] }
  | { readonly problem: 'too-long'; readonly variable: string };

export const variableLimits = { perOwner: 150, nameLength: 128, valueBytes: 32_768, expandedBytes: 65_536 };
const referenceShape = /\$\{\{\s*(?:(project|environment)\.)?([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;
const reserved = new Set(['PORT', 'LD_PRELOAD', 'LD_LIBRARY_PATH', 'LD_AUDIT']);

/** Why a variable's name or value is refused, or undefined. */
export function variableProblem(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > variableLimits.nameLength)
    return 'use letters, digits and underscores in its name, not beginning with a digit, at most 128.';
  if (reserved.has(name) || name.startsWith('STEADING_')) return 'this name is set by the house.';
  if (value.includes('\0')) return 'its value must not hold a zero byte.';
  if (Buffer.byteLength(value) > variableLimits.valueBytes) return 'its value is longer than 32 KB.';
  return undefined;
}

/** Every variable of an app with its references filled in, or the first thing that is wrong. */
export function resolveVariables(variables: readonly PlainVariable[]): ResolvedVariables | VariableProblem {
  const found = new Map<string, PlainVariable>();
  for (const variable of variables) found.set(`${variable.level}.${variable.name}`, variable);
  const done = new Map<string, { value: string; secret: boolean }>();
  try {
    const values: Record<string, string> = {};
    const masked = new Set<string>();
    for (const name of new Set(variables.map((variable) => variable.name))) {
      const nearest = lookUp(found, undefined, name)!;
      const { value, secret } = expand(nearest, { found, done, path: [] });
      values[name] = value;
      if (secret && value.length > 0) masked.add(value);
    }
    // A secret that a nearer variable hides is still a secret.
    for (const variable of variables) if (variable.secret && variable.value) masked.add(variable.value);
    return { values, masked: [...masked] };
  } catch (error) {
    if (error instanceof Unresolved) return error.found;
    throw error;
  }
}

/** One sentence for the person who deploys. */
export function explainProblem(problem: VariableProblem): string {
  if (problem.problem === 'unknown')
    return `The variable ${problem.variable} refers to ${problem.reference}, which does not exist. Set it, or change the reference.`;
  if (problem.problem === 'cycle')
    return `Variables refer to one another in a circle: ${problem.path.join(' → ')}. Give one of them a value of its own.`;
  return `The variable ${problem.variable} becomes longer than 64 KB with its references. Make it shorter.`;
}

class Unresolved extends Error {
  readonly found: VariableProblem;
  constructor(found: VariableProblem) {
    super('a variable cannot be resolved');
    this.found = found;
  }
}

interface Expansion {
  readonly found: ReadonlyMap<string, PlainVariable>;
  readonly done: Map<string, { value: string; secret: boolean }>;
  readonly path: readonly string[];
}

function lookUp(found: ReadonlyMap<string, PlainVariable>, level: string | undefined, name: string) {
  if (level) return found.get(`${level}.${name}`);
  return found.get(`app.${name}`) ?? found.get(`environment.${name}`) ?? found.get(`project.${name}`);
}

function expand(variable: PlainVariable, state: Expansion): { value: string; secret: boolean } {
  const key = `${variable.level}.${variable.name}`;
  const earlier = state.done.get(key);
  if (earlier) return earlier;
  const path = [...state.path, key];
  if (state.path.includes(key)) throw new Unresolved({ problem: 'cycle', path });
  let secret = variable.secret;
  const value = variable.value.replace(referenceShape, (whole, level: string | undefined, name: string) => {
    // `X = "${{X}}/more"` on a nearer level means the X that it would otherwise hide.
    const target =
      level === undefined && name === variable.name
        ? hiddenBy(variable, state.found)
        : lookUp(state.found, level, name);
    if (!target) throw new Unresolved({ problem: 'unknown', reference: whole, variable: variable.name });
    const inner = expand(target, { ...state, path });
    secret ||= inner.secret;
    return inner.value;
  });
  if (value.length > variableLimits.expandedBytes)
    throw new Unresolved({ problem: 'too-long', variable: variable.name });
  const result = { value, secret };
  state.done.set(key, result);
  return result;
}

function hiddenBy(variable: PlainVariable, found: ReadonlyMap<string, PlainVariable>): PlainVariable | undefined {
  const farther =
    variable.level === 'app' ? ['environment', 'project'] : variable.level === 'environment' ? ['project'] : [];
  for (const level of farther) {
    const target = found.get(`${level}.${variable.name}`);
    if (target) return target;
  }
  // Nothing is hidden: a reference to itself is a circle.
  return variable;
}
