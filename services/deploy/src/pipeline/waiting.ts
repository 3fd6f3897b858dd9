/**
 * What a deployment does while a service that it needs does not answer: it asks again, first soon and then less often,
 * and fails with that reason when it has waited as long as it may. A restart of that service is no failure of a
 * deployment, and one that nobody serves does not stay open for ever.
 */
import { isAppError, newRequestId, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import { StageFailure, type Work } from '#src/pipeline/work.ts';

/** In seconds. */
const waits = { first: 2, longest: 15 };

/** Whether an error says that a service is away, does not answer in time, or is still starting. */
export function isNoAnswer(error: unknown): boolean {
  return isAppError(error) && (error.status === 503 || error.status === 504);
}

/** Before a stage begins again that was waited for: a question that costs nothing, and says nothing in the log. */
export async function askFirst(work: Work): Promise<void> {
  if (work.deployment.waited_seconds === null) return;
  const caller = serviceCaller('deploy', newRequestId());
  await work.deps.compute.getRuntime({}, as(caller, { signal: work.signal, timeoutMs: 5_000 }));
}

/**
 * After how many seconds to ask again, and how the deployment fails where it has waited as long as it may.
 * @param attemptMs how long the attempt took that now ended without an answer.
 */
export function waitAgain(work: Work, error: unknown, attemptMs: number): { seconds: number; failure?: StageFailure } {
  const most = work.deps.config.STEADING_DEPLOY_WAIT_SECONDS;
  const before = work.deployment.waited_seconds;
  const waited = before === null ? 0 : before + attemptMs / 1000;
  const who = whoIsAway(error);
  if (waited >= most) {
    const text = `${who} did not answer for ${Math.round(waited)} seconds. Deploy again when it does.`;
    return { seconds: waits.first, failure: new StageFailure('no-answer', text) };
  }
  if (before === null) {
    const text = `${who} does not answer. It is waited for, ${most} seconds at most.`;
    work.log.write(work.deployment.state, 'steading', text);
  }
  return { seconds: Math.min(Math.max(waits.first, waited / 4), waits.longest) };
}

function whoIsAway(error: unknown): string {
  const what = isAppError(error) ? error.details.what : undefined;
  return typeof what === 'string' ? what : 'The service that builds and runs apps';
}
