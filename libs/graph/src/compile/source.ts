/**
 * JavaScript that is written while an operation is compiled. Values go in as constants by reference, names of people's
 * making only as string literals, so that no text of an operation can become code.
 */
export interface Source {
  /** The name under which the code sees this value. */
  constant(value: unknown): string;
  /** Adds a function made by `write` (given its name) once for each key, and gives its name. */
  declare(key: string, write: (name: string) => string): string;
  /** Compiles it all; gives what the expression stands for. */
  build(expression: string): unknown;
}

export function createSource(): Source {
  const constants: unknown[] = [];
  const names = new Map<unknown, string>();
  const declared = new Map<string, string>();
  const functions: string[] = [];

  return {
    constant(value) {
      let name = names.get(value);
      if (!name) {
        name = `k${constants.push(value) - 1}`;
        names.set(value, name);
      }
      return name;
    },
    declare(key, write) {
      const known = declared.get(key);
      if (known) return known;
      const name = `f${declared.size}`;
      declared.set(key, name);
      functions.push(write(name));
      return name;
    },
    build(expression) {
      const parameters = constants.map((_, index) => `k${index}`);
      const code = `"use strict";\n${functions.join('\n')}\nreturn ${expression};`;
      return new Function(...parameters, code)(...constants);
    },
  };
}

/** A name as a property of an object: `["name"]`. */
export const property = (name: string): string => `[${JSON.stringify(name)}]`;

/** Numbers nodes, so that selections of the same nodes are known for the same. */
export function createNumbering(): (nodes: readonly object[]) => string {
  const numbers = new Map<object, number>();
  const numberOf = (node: object): number => {
    let number = numbers.get(node);
    if (number === undefined) numbers.set(node, (number = numbers.size));
    return number;
  };
  return (nodes) => nodes.map(numberOf).join(',');
}
