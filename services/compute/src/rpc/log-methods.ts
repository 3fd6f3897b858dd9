import type { ServiceImpl } from '@connectrpc/connect';
import type { ComputeService } from '@steading/contracts/rpc/compute';
import { idText } from '#src/desired.ts';
import { lineMessage } from '#src/rpc/messages.ts';
import { checked, type MethodDeps, requireService } from '#src/rpc/method-deps.ts';

const longestTail = 10_000;

export function logMethods({
  runtime,
  desiredState,
}: MethodDeps): Pick<ServiceImpl<typeof ComputeService>, 'readLogs' | 'getRuntime'> {
  return {
    async *readLogs(request, context) {
      requireService(context);
      const appId = checked(() => idText.parse(request.appId));
      const masked = await desiredState.masked(appId);
      const options = {
        after: Math.max(0, Number(request.after)),
        follow: request.follow,
        tail: Math.min(longestTail, Math.max(0, request.tail)),
        masked,
      };
      for await (const batch of runtime().logs(appId, options, context.signal))
        yield { lines: batch.lines.map(lineMessage), missed: BigInt(batch.missed) };
    },
    getRuntime(_request, context) {
      requireService(context);
      const { name, isolation, isolationText, builders } = runtime().description;
      return { name, isolation, isolationText, builders: [...builders] };
    },
  };
}
