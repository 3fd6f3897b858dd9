/** building and pushing: compute runs the steps in its own copy of the source and keeps the result as a release. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@steading/kit';
import { as } from '@steading/rpc';
import { detect } from '#src/builder/detection.ts';
import { type BuildPlan, isProblem } from '#src/builder/plan.ts';
import type { DetectionRecord } from '#src/deployments-db.ts';
import { advance } from '#src/pipeline/advance.ts';
import { ensureSource } from '#src/pipeline/clone-stage.ts';
import { openSnapshot, StageFailure, sealSnapshot, type Work } from '#src/pipeline/work.ts';
import { insideSource, listSource } from '#src/source/source-tree.ts';

export async function buildStage(work: Work): Promise<void> {
  const snapshot = openSnapshot(work.deps, work.deployment);
  work.hide(snapshot.masked);
  await ensureSource(work);
  const { plan, root } = await planBuild(work);
  const releaseId = await runBuild(work, plan, { root, environment: snapshot.environment, masked: snapshot.masked });
  const whole = { ...snapshot, command: [...plan.command], singlePage: plan.singlePage };
  await advance(work, 'pushing', {
    known: { releaseId, snapshot: sealSnapshot(work.deps, work.deployment.id, whole), detection: toRecord(plan) },
  });
  await rm(work.deps.folders.work(work.deployment.id), { recursive: true, force: true });
}

/** The release lies where it runs: there is nothing to carry, only to say. */
export async function pushStage(work: Work): Promise<void> {
  work.log.write('pushing', 'steading', 'The release is stored.');
  await advance(work, 'deploying');
}

export function toRecord(plan: BuildPlan): DetectionRecord {
  return {
    builder: plan.builder,
    title: plan.title,
    reasons: plan.reasons,
    commands: plan.commands,
    ...(plan.node === undefined ? {} : { node: plan.node }),
  };
}

async function planBuild(work: Work): Promise<{ plan: BuildPlan; root: string }> {
  const source = join(work.deps.folders.work(work.deployment.id), 'source');
  const settings = work.app.build;
  const root = await insideSource(source, settings.rootFolder);
  if (!root)
    throw new StageFailure(
      'no-root-folder',
      `The source has no folder ${settings.rootFolder}. Correct the root folder in the settings.`,
    );
  const plan = detect(await listSource(root), settings);
  if (isProblem(plan)) throw new StageFailure(plan.code, plan.problem);
  work.log.write('building', 'steading', `${plan.title}.`);
  for (const reason of plan.reasons) work.log.write('building', 'steading', `  ${reason}`);
  return { plan, root };
}

interface BuildInput {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly masked: readonly string[];
}

async function runBuild(work: Work, plan: BuildPlan, input: BuildInput): Promise<string> {
  const timeoutMs = work.deps.config.STEADING_BUILD_TIMEOUT_SECONDS * 1000;
  const events = work.deps.compute.build(
    {
      buildId: newId('bld'),
      appId: work.app.id,
      sourcePath: input.root,
      steps: plan.steps.map((step) => ({ name: step.name, argv: [...step.argv] })),
      environment: { ...input.environment },
      masked: [...input.masked],
      limits: {},
      timeoutMs: BigInt(timeoutMs),
      outputPath: plan.outputFolder,
      releaseId: releaseIdOf(work.deployment.id),
    },
    as(work.caller, { signal: work.signal, timeoutMs: timeoutMs + 60_000 }),
  );
  for await (const { event } of events) {
    if (event.case === 'output') writeLines(work, event.value.lines);
    else if (event.case === 'done') {
      work.log.write('building', 'steading', `Built: ${(Number(event.value.bytes) / 1024 / 1024).toFixed(1)} MB.`);
      return event.value.releaseId;
    } else if (event.case === 'failed') {
      work.signal.throwIfAborted();
      throw new StageFailure(`build-${event.value.code}`, event.value.reason);
    }
  }
  work.signal.throwIfAborted();
  throw new Error('a build ended without saying how');
}

/** Lines of one stream at once: to look through each alone for what is masked costs several times as much. */
function writeLines({ log }: Work, lines: readonly { readonly stream: string; readonly text: string }[]): void {
  for (let at = 0; at < lines.length; ) {
    const { stream } = lines[at]!;
    const texts: string[] = [];
    while (lines[at]?.stream === stream) texts.push(lines[at++]!.text);
    log.write('building', lineStream(stream), texts.join('\n'));
  }
}

/** Known before the release is: whoever builds again after a crash replaces what the first build left, and a deployment
 * that ends while it builds can have it removed. */
export function releaseIdOf(deploymentId: string): string {
  return deploymentId.replace(/^dep_/, 'rel_');
}

export function lineStream(stream: string): 'stdout' | 'stderr' | 'steading' {
  return stream === 'stderr' || stream === 'steading' ? stream : 'stdout';
}
