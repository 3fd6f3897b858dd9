/** What the parts of this service share; made once in `create`. */
import { join } from 'node:path';
import type { Client } from '@connectrpc/connect';
import type { Access } from '@steading/access';
import type { Bus } from '@steading/bus';
import type { ComputeService } from '@steading/contracts/rpc/compute';
import type { SpacesService } from '@steading/contracts/rpc/spaces';
import type { Database } from '@steading/db';
import type { Clock, Log } from '@steading/kit';
import type { HouseSettings } from '@steading/service';
import type { DeployConfig } from '#src/config.ts';
import type { Sealing } from '#src/sealing.ts';
import type { GitSettings } from '#src/source/git-process.ts';
import type { LookUp } from '#src/source/source-address.ts';

/** Answers with every TXT record of a name, each joined to one text; an empty list where there is none. */
export type LookUpTxt = (name: string) => Promise<readonly string[]>;

export interface Deps {
  readonly config: DeployConfig;
  readonly house: HouseSettings;
  readonly log: Log;
  readonly clock: Clock;
  readonly db: Database;
  readonly bus: Bus;
  readonly access: Access;
  readonly compute: Client<typeof ComputeService>;
  readonly spaces: Client<typeof SpacesService>;
  readonly sealing: Sealing;
  readonly git: GitSettings;
  readonly lookUp: LookUp;
  readonly lookUpTxt: LookUpTxt;
  readonly folders: Folders;
  /** Makes the pipeline look for work now. */
  readonly wake: () => void;
}

export interface Folders {
  /** Of one deployment, while it is fetched and built. */
  work(deploymentId: string): string;
  readonly allWork: string;
  readonly archives: string;
  archive(archiveId: string): string;
  readonly inspections: string;
  readonly gitHome: string;
}

export function createFolders(dataDir: string): Folders {
  const root = join(dataDir, 'deploy');
  return {
    work: (id) => join(root, 'work', id),
    allWork: join(root, 'work'),
    archives: join(root, 'archives'),
    archive: (id) => join(root, 'archives', id),
    inspections: join(root, 'inspections'),
    gitHome: join(root, 'git-home'),
  };
}
