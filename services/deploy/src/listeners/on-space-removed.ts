import { type Listener, listen } from '@steading/bus';
import { SpaceRemoved } from '@steading/contracts/spaces-events';
import { serviceCaller } from '@steading/kit';
import { removeProjectRows } from '#src/actions/projects.ts';
import type { Deps } from '#src/deps.ts';
import { projectsDb } from '#src/projects-db.ts';

/** A space goes with its projects: their rows here, and what runs of them. Its forest nodes went with its own. */
export function onSpaceRemoved(deps: () => Deps): Listener {
  return listen('deploy.on-space-removed', SpaceRemoved, async (event, tx) => {
    const caller = serviceCaller('deploy', event.requestId);
    for (const project of await projectsDb.bySpaces(tx, [event.data.spaceId]))
      await removeProjectRows(deps(), tx, caller, project.id);
    tx.afterCommit(deps().wake);
  });
}
