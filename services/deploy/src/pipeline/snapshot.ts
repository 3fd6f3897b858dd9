/** The settings and variables of an app at the moment a deployment starts. */
import type { AppRow } from '#src/apps-db.ts';
import type { Deps } from '#src/deps.ts';
import { StageFailure } from '#src/pipeline/work.ts';
import type { Snapshot } from '#src/settings.ts';
import { explainProblem, type PlainVariable, resolveVariables } from '#src/variables.ts';
import { variablesDb } from '#src/variables-db.ts';

/** @throws `StageFailure` that names an unknown reference or a circle. */
export async function takeSnapshot(deps: Pick<Deps, 'db' | 'sealing'>, app: AppRow): Promise<Snapshot> {
  const owners = { [app.project_id]: 'project', [app.environment_id]: 'environment', [app.id]: 'app' } as const;
  const rows = await variablesDb.ofOwners(deps.db, Object.keys(owners));
  const variables: PlainVariable[] = rows.map((row) => ({
    level: owners[row.owner_id]!,
    name: row.name,
    value: row.sealed ? deps.sealing.open(row.sealed, row.id).reveal() : row.value!,
    secret: row.sealed !== null,
  }));
  const resolved = resolveVariables(variables);
  if ('problem' in resolved) throw new StageFailure(`variable-${resolved.problem}`, explainProblem(resolved));
  return {
    runtime: app.runtime,
    environment: { ...resolved.values },
    masked: [...resolved.masked],
    command: [],
    singlePage: false,
  };
}
