import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import type { BuildResponseSchema, ComputeService } from '@steading/contracts/rpc/compute';
import { newId } from '@steading/kit';
import { z } from 'zod';
import { environmentShape, idText, limitsShape, maskedShape } from '#src/desired.ts';
import { lineMessage } from '#src/rpc/messages.ts';
import { checked, type MethodDeps, requireService } from '#src/rpc/method-deps.ts';
import type { BuildEvent } from '#src/runtime/runtime.ts';

const defaultTimeoutMs = 30 * 60_000;

const orderShape = z.object({
  buildId: idText,
  appId: idText,
  sourcePath: z.string().startsWith('/', 'must be absolute').max(4_096),
  steps: z
    .array(z.object({ name: z.string().max(200), argv: z.array(z.string().min(1).max(8_192)).min(1).max(64) }))
    .max(32),
  environment: environmentShape,
  masked: maskedShape,
  limits: limitsShape,
  timeoutMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(defaultTimeoutMs * 8)
    .transform((ms) => ms || defaultTimeoutMs),
  outputPath: z
    .string()
    .max(1_024)
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'must stay inside the source'),
  releaseId: idText.or(z.literal('')).transform((id) => id || newId('rel')),
});

export function buildMethods({
  runtime,
}: MethodDeps): Pick<ServiceImpl<typeof ComputeService>, 'build' | 'removeRelease'> {
  return {
    async *build(request, context) {
      requireService(context);
      const order = checked(() => orderShape.parse(request));
      for await (const event of runtime().build(order, context.signal)) yield buildMessage(event);
    },
    async removeRelease(request, context) {
      requireService(context);
      const { appId, releaseId } = checked(() => z.object({ appId: idText, releaseId: idText }).parse(request));
      await runtime().removeRelease(appId, releaseId);
      return {};
    },
  };
}

function buildMessage(event: BuildEvent): MessageInitShape<typeof BuildResponseSchema> {
  if (event.kind === 'output') return { event: { case: 'output', value: { lines: event.lines.map(lineMessage) } } };
  if (event.kind === 'failed') return { event: { case: 'failed', value: { code: event.code, reason: event.reason } } };
  return { event: { case: 'done', value: { releaseId: event.releaseId, bytes: BigInt(event.bytes) } } };
}
