import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { createApi } from '#src/api.ts';
import { Failure } from '#src/failure.ts';
import type { Output } from '#src/output.ts';
import { findApp } from '#src/remote/app-reference.ts';

interface Variable {
  readonly name: string;
  readonly value: string | null;
  readonly secret: boolean;
  readonly level: string;
}

/** `steading env list`. Secrets are named, never shown. */
export async function listVariables(options: { app?: string }, out: Output): Promise<void> {
  const api = createApi();
  const app = await findApp(api, options.app, '');
  const { variables } = await api.graph<{ variables: Variable[] }>(
    'query ($id: ID!) { variables(ownerId: $id) { name value secret level } }',
    { id: app.id },
  );
  if (variables.length === 0) out.line('No variables. Set one with: steading env set NAME=value');
  out.table(
    ['name', 'value', 'from'],
    variables.map((each) => [each.name, each.secret ? '[secret]' : (each.value ?? ''), each.level]),
  );
  out.data(variables);
}

/** `steading env set NAME=value … [--secret] [--file .env]`; `NAME=-` reads the value from standard input. */
export async function setVariables(
  pairs: readonly string[],
  options: { app?: string; secret?: boolean; file?: string },
  out: Output,
): Promise<void> {
  const given = new Map<string, string>();
  if (options.file)
    for (const [name, value] of Object.entries(parseEnv(readFileSync(options.file, 'utf8'))))
      given.set(name, value ?? '');
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new Failure(`${pair} must look like NAME=value.`, 'usage');
    const value = pair.slice(at + 1);
    given.set(pair.slice(0, at), value === '-' ? readFileSync(0, 'utf8').replace(/\n$/, '') : value);
  }
  if (given.size === 0) throw new Failure('Nothing to set. Give NAME=value, or --file .env', 'usage');
  const api = createApi();
  const app = await findApp(api, options.app, '');
  await api.graph(
    'mutation ($id: ID!, $variables: [VariableInput!]!) { setVariables(ownerId: $id, variables: $variables) { name } }',
    {
      id: app.id,
      variables: [...given].map(([name, value]) => ({ name, value, secret: options.secret === true })),
    },
  );
  out.line(`Set ${[...given.keys()].join(', ')}. The next deployment uses ${given.size === 1 ? 'it' : 'them'}.`);
  out.data({ set: [...given.keys()] });
}

/** `steading env unset NAME …`. */
export async function unsetVariables(names: readonly string[], options: { app?: string }, out: Output): Promise<void> {
  const api = createApi();
  const app = await findApp(api, options.app, '');
  for (const name of names)
    await api.graph('mutation ($id: ID!, $name: String!) { removeVariable(ownerId: $id, name: $name) }', {
      id: app.id,
      name,
    });
  out.line(`Unset ${names.join(', ')}. The next deployment goes without.`);
  out.data({ unset: names });
}
