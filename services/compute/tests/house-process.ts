/** A house of nothing but the process runtime, for tests that kill it. argv: folder, desired as JSON, a build as JSON. */
import { createLog, systemClock } from '@steading/kit';
import { createProcessRuntime } from '#src/runtime/process/process-runtime.ts';
import type { BuildOrder, Desired } from '#src/runtime/runtime.ts';

const [folder, desiredText, buildText] = process.argv.slice(2);

const runtime = await createProcessRuntime({
  ...{ folder: folder!, firstUid: 60_000, host: '127.0.0.1', ports: { first: 21_000, last: 29_999 } },
  ...{ buildCaFile: '', buildNpmRegistry: '', buildCpuMillis: 0, buildMemoryBytes: 0 },
  ...{ clock: systemClock, log: createLog({ level: 'error' }), events: { changed() {}, settled() {} } },
});
await runtime.start();
setInterval(() => {}, 60_000);
for (const desired of JSON.parse(desiredText ?? '[]') as Desired[]) {
  await runtime.apply(desired);
  for await (const view of runtime.watch(desired.appId, desired.generation, new AbortController().signal)!)
    process.stdout.write(`${view.state}\n`);
}
if (buildText)
  for await (const event of runtime.build(JSON.parse(buildText) as BuildOrder, new AbortController().signal))
    process.stdout.write(`${event.kind === 'output' ? event.lines.map(({ text }) => text).join('\n') : event.kind}\n`);
