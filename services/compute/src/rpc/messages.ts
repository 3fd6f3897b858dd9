import { create } from '@bufbuild/protobuf';
import {
  type Instance,
  InstanceSchema,
  type LogLine as LogLineMessage,
  LogLineSchema,
} from '@steading/contracts/rpc/compute';
import type { InstanceView, LogLine, Usage } from '#src/runtime/runtime.ts';

export function lineMessage(line: LogLine): LogLineMessage {
  return create(LogLineSchema, { ...line, position: BigInt(line.position), timeMs: BigInt(Math.round(line.timeMs)) });
}

export function instanceMessage(view: InstanceView, usage?: Usage): Instance {
  return create(InstanceSchema, {
    ...view,
    startedMs: BigInt(Math.round(view.startedMs)),
    stopsMs: BigInt(Math.round(view.stopsMs)),
    memoryBytes: BigInt(usage?.memoryBytes ?? 0),
    cpuMillis: usage?.cpuMillis ?? 0,
  });
}
