import type { ServiceImpl } from '@connectrpc/connect';
import type { ComputeService } from '@steading/contracts/rpc/compute';
import { desiredOf, idText } from '#src/desired.ts';
import { fail } from '#src/errors.ts';
import { instanceMessage, lineMessage } from '#src/rpc/messages.ts';
import { checked, type MethodDeps, requireService } from '#src/rpc/method-deps.ts';

type Methods = Pick<
  ServiceImpl<typeof ComputeService>,
  'apply' | 'watchRollout' | 'abortRollout' | 'listInstances' | 'removeApp'
>;

export function rolloutMethods({ runtime, desiredState }: MethodDeps): Methods {
  return {
    async apply(request, context) {
      requireService(context);
      await desiredState.apply(
        runtime(),
        checked(() => desiredOf(request)),
      );
      return {};
    },
    async *watchRollout({ appId, generation }, context) {
      requireService(context);
      const instances = () =>
        runtime()
          .instances(appId)
          .map((view) => instanceMessage(view));
      const views = runtime().watch(appId, generation, context.signal);
      if (views) {
        for await (const view of views) {
          // Whoever hears the end may ask for the state: it is stored by then.
          if (view.state === 'healthy' || view.state === 'failed') await desiredState.quiet();
          yield { ...view, lastLines: view.lastLines.map(lineMessage), instances: instances() };
        }
        return;
      }
      const end = await desiredState.outcome(appId, generation);
      if (!end) throw fail('compute.generation-unknown', { generation });
      yield { state: end.healthy ? 'healthy' : 'failed', reason: end.reason, instances: instances() };
    },
    async abortRollout({ appId, generation, reason }, context) {
      requireService(context);
      await desiredState.abort(runtime(), appId, generation, reason || 'taken back');
      return {};
    },
    async listInstances({ appId }, context) {
      requireService(context);
      const usage = await runtime().sample(appId || undefined);
      const views = runtime().instances(appId || undefined);
      return { instances: views.map((view) => instanceMessage(view, usage.get(view.id))) };
    },
    async removeApp(request, context) {
      requireService(context);
      const appId = checked(() => idText.parse(request.appId));
      await desiredState.forget(appId);
      await runtime().removeApp(appId);
      await desiredState.quiet();
      return {};
    },
  };
}
