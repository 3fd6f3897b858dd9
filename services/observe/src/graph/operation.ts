import { privilege, type SubgraphBuilder } from '@steading/graph';
import type { ObserveDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';

interface ServiceView {
  readonly service: string;
  readonly ready: boolean;
  readonly reason?: string;
}

type Letter = Awaited<ReturnType<ObserveDeps['deadLetters']['list']>>[number];
type Lag = Awaited<ReturnType<ObserveDeps['lag']>>[number];

/** What operators watch: how services are, how far listeners have come, and the events that nobody could take in. */
export function addOperation(builder: SubgraphBuilder, deps: ObserveDeps): void {
  const Service = builder.objectRef<ServiceView>('ServiceStatus').implement({
    fields: (t) => ({
      name: t.exposeString('service'),
      ready: t.exposeBoolean('ready'),
      reason: t.exposeString('reason', { nullable: true }),
    }),
  });
  const DeadLetter = builder.objectRef<Letter>('DeadLetter').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      consumer: t.exposeString('consumer'),
      type: t.string({ resolve: (letter) => letter.event.type }),
      key: t.string({ resolve: (letter) => letter.event.key }),
      error: t.exposeString('error'),
      attempts: t.exposeInt('attempts'),
      at: t.expose('at', { type: 'DateTime' }),
    }),
  });
  const EventListener = builder.objectRef<Lag>('EventListener').implement({
    fields: (t) => ({
      consumer: t.exposeString('consumer'),
      behind: t.exposeInt('behind', { description: 'Events that it has not come to yet; at most 10000 are counted.' }),
      oldestSeconds: t.int({
        description: 'Age of the oldest of those.',
        resolve: ({ oldestSeconds }) => Math.round(oldestSeconds),
      }),
      waiting: t.exposeInt('waiting', {
        description: 'Events that failed and will be tried again, with those behind them.',
      }),
      deadLetters: t.exposeInt('deadLetters'),
      lastHadSeconds: t.int({
        description: 'Since a process last said that it has this listener.',
        resolve: ({ lastHadSeconds }) => Math.round(lastHadSeconds),
      }),
    }),
  });
  const admin = privilege('platform.admin', 'platform');
  builder.queryFields((t) => ({
    services: t.field({ type: [Service], access: admin, resolve: async () => [...(await deps.doors.health())] }),
    eventListeners: t.field({ type: [EventListener], access: admin, resolve: async () => [...(await deps.lag())] }),
    deadLetters: t.field({ type: [DeadLetter], access: admin, resolve: () => deps.deadLetters.list(200) }),
  }));
  builder.mutationFields((t) => ({
    replayDeadLetter: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: admin,
      resolve: async (_, { id }) => {
        const outcome = await deps.deadLetters.replay(id);
        if (outcome === 'no-listener') throw fail('observe.listener-gone');
        return known(outcome === 'replayed');
      },
    }),
    discardDeadLetter: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: admin,
      resolve: async (_, { id }) => known(await deps.deadLetters.discard(id)),
    }),
  }));
}

function known(done: boolean): true {
  if (!done) throw fail('observe.no-such-letter');
  return true;
}
