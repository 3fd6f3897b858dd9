import { statement } from '@steading/db';

export interface GenerationRow extends Record<string, unknown> {
  readonly app_id: string;
  readonly generation: string;
  readonly sealed: Buffer;
  readonly state: 'rolling' | 'current' | 'replaced' | 'failed';
  readonly reason: string;
}

type Key = [appId: string, generation: string];

export const generationsDb = {
  insert: statement<[appId: string, generation: string, sealed: Buffer]>(
    'compute.generations.insert',
    `insert into compute.generations (app_id, generation, sealed, state) values ($1, $2, $3, 'rolling')
     on conflict do nothing`,
  ),
  one: statement<Key, GenerationRow>(
    'compute.generations.one',
    'select app_id, generation, sealed, state, reason from compute.generations where app_id = $1 and generation = $2',
  ),
  newest: statement<[appId: string], { generation: string }>(
    'compute.generations.newest',
    'select generation from compute.generations where app_id = $1 order by generation desc limit 1',
  ),
  wanted: statement<[], GenerationRow>(
    'compute.generations.wanted',
    `select app_id, generation, sealed, state, reason from compute.generations
     where state in ('current', 'rolling') order by app_id, generation`,
  ),
  sealedOf: statement<[appId: string], { generation: string; sealed: Buffer }>(
    'compute.generations.sealedOf',
    'select generation, sealed from compute.generations where app_id = $1 order by generation desc limit 20',
  ),
  replaceCurrent: statement<Key>(
    'compute.generations.replaceCurrent',
    `update compute.generations set state = 'replaced'
     where app_id = $1 and generation <> $2 and state = 'current'`,
  ),
  settle: statement<[appId: string, generation: string, state: string, reason: string]>(
    'compute.generations.settle',
    `update compute.generations set state = $3, reason = $4
     where app_id = $1 and generation = $2 and state = 'rolling'`,
  ),
  supersede: statement<[appId: string, generation: string, reason: string]>(
    'compute.generations.supersede',
    `update compute.generations set state = 'failed', reason = $3
     where app_id = $1 and generation < $2 and state = 'rolling'`,
  ),
  forgetOld: statement<[appId: string]>(
    'compute.generations.forgetOld',
    `delete from compute.generations where app_id = $1 and state in ('replaced', 'failed') and generation not in
     (select generation from compute.generations where app_id = $1 order by generation desc limit 20)`,
  ),
  removeApp: statement<[appId: string]>(
    'compute.generations.removeApp',
    'delete from compute.generations where app_id = $1',
  ),
  nextRevision: statement<[appId: string], { revision: string }>(
    'compute.revisions.next',
    `insert into compute.revisions (app_id, revision) values ($1, 1)
     on conflict (app_id) do update set revision = compute.revisions.revision + 1 returning revision`,
  ),
};
