/** Variables and secrets of a project, an environment or an app. A secret goes in and is never shown again. */
import { type Caller, isId, kitErrors, newId } from '@steading/kit';
import { audit } from '#src/actions/audit.ts';
import { appsDb } from '#src/apps-db.ts';
import type { Deps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { projectsDb } from '#src/projects-db.ts';
import { type VariableLevel, variableLimits, variableProblem } from '#src/variables.ts';
import { type VariableRow, variablesDb } from '#src/variables-db.ts';

export interface ShownVariable {
  readonly name: string;
  readonly value: string | null;
  readonly secret: boolean;
  readonly level: VariableLevel;
  readonly updatedAt: Date;
}

export async function listVariables(deps: Deps, caller: Caller, ownerId: string): Promise<ShownVariable[]> {
  const owner = await findOwner(deps, caller, 'read-variables', ownerId);
  return (await variablesDb.ofOwners(deps.db, [ownerId])).map((row) => show(row, owner.level));
}

export async function setVariables(
  deps: Deps,
  caller: Caller,
  ownerId: string,
  given: readonly { name: string; value: string; secret?: boolean | null | undefined }[],
): Promise<ShownVariable[]> {
  const owner = await findOwner(deps, caller, 'write-variables', ownerId);
  for (const variable of given) {
    const problem = variableProblem(variable.name, variable.value);
    if (problem) throw fail('deploy.bad-variable', { name: variable.name.slice(0, 130), problem });
  }
  if (given.length > variableLimits.perOwner)
    throw fail('deploy.limit', { what: 'variables', limit: variableLimits.perOwner });
  await deps.db.write(async (tx) => {
    const existing = new Map((await variablesDb.ofOwners(tx, [ownerId])).map((row) => [row.name, row]));
    for (const variable of given) {
      // The id is authenticated with the value: a new value gets a new row's id.
      const id = newId('var');
      const secret = variable.secret ?? existing.get(variable.name)?.sealed != null;
      const sealed = secret ? deps.sealing.seal(variable.value, id) : null;
      await variablesDb.put(tx, { id, ownerId, name: variable.name, value: secret ? null : variable.value, sealed });
    }
    const all = await variablesDb.ofOwners(tx, [ownerId]);
    if (all.length > variableLimits.perOwner)
      throw fail('deploy.limit', { what: 'variables', limit: variableLimits.perOwner });
    const names = given.map((variable) => variable.name);
    await audit(deps, tx, caller, {
      action: 'deploy.variables-set',
      node: ownerId,
      target: owner.name,
      after: { names },
    });
  });
  return (await variablesDb.ofOwners(deps.db, [ownerId])).map((row) => show(row, owner.level));
}

export async function removeVariable(deps: Deps, caller: Caller, ownerId: string, name: string): Promise<boolean> {
  const owner = await findOwner(deps, caller, 'write-variables', ownerId);
  return deps.db.write(async (tx) => {
    const removed = await variablesDb.remove(tx, ownerId, name.slice(0, 130));
    if (removed === 0) return false;
    await audit(deps, tx, caller, {
      action: 'deploy.variable-removed',
      node: ownerId,
      target: owner.name,
      before: { name },
    });
    return true;
  });
}

async function findOwner(
  deps: Deps,
  caller: Caller,
  action: 'read-variables' | 'write-variables',
  id: string,
): Promise<{ level: VariableLevel; name: string }> {
  const level: VariableLevel | undefined = isId('prj', id)
    ? 'project'
    : isId('env', id)
      ? 'environment'
      : isId('app', id)
        ? 'app'
        : undefined;
  if (!level) throw kitErrors('not-found', { kind: 'owner of variables' });
  await deps.access.require(caller, `${level}.${action}`, id);
  const found =
    level === 'project'
      ? await projectsDb.byId(deps.db, id)
      : level === 'environment'
        ? await projectsDb.environmentById(deps.db, id)
        : await appsDb.byId(deps.db, id);
  if (!found) throw kitErrors('not-found', { kind: level });
  return { level, name: found.name };
}

function show(row: VariableRow, level: VariableLevel): ShownVariable {
  return { name: row.name, value: row.value, secret: row.sealed !== null, level, updatedAt: row.updated_at };
}
