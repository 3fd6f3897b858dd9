import { InstancesChanged } from '@steading/contracts/compute-events';
import { DeploymentChanged } from '@steading/contracts/deploy-events';
import { DeployService } from '@steading/contracts/rpc/deploy';
import { NodeOwnerService } from '@steading/contracts/rpc/forest';
import { LiveService } from '@steading/contracts/rpc/live';
import { defineService, type LiveTopic } from '@steading/service';
import { deployConfig } from '#src/config.ts';
import type { Outside } from '#src/create.ts';
import { fail } from '#src/errors.ts';
import { deployKinds } from '#src/kinds.ts';

const load = () => import('#src/create.ts');

const live: readonly LiveTopic[] = [
  {
    namespace: '/deployments',
    topic: 'app',
    service: 'deploy',
    privilege: 'app.read',
    source: { events: [DeploymentChanged, InstancesChanged] },
  },
  {
    namespace: '/deployments',
    topic: 'deployment-log',
    service: 'deploy',
    privilege: 'app.read-logs',
    source: 'stream',
  },
  { namespace: '/deployments', topic: 'app-log', service: 'deploy', privilege: 'app.read-logs', source: 'stream' },
];

export function defineDeploy(outside: Outside = {}) {
  return defineService({
    name: 'deploy',
    purpose: 'Projects and apps, and the way of a Git repository to a running, reachable version of it.',
    config: deployConfig,
    errors: fail.catalogue,
    kinds: deployKinds,
    migrations: new URL('./migrations/', import.meta.url),
    backup: { immutable: ['archives'], leaveOut: ['work', 'inspections', 'git-home', 'archives/*.half'] },
    rpc: [DeployService, NodeOwnerService, LiveService],
    http: ['/hooks/deploy', '/api/deploy'],
    live,
    graph: true,
    load,
    create: async (context) => (await load()).create(context, outside),
  });
}

export const deployService = defineDeploy();
