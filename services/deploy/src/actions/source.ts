/** Sources as a person gives them, and a look at one before an app is made. */
import { mkdir } from 'node:fs/promises';
import { type Caller, isAppError, Secret } from '@steading/kit';
import { checkSettings } from '#src/actions/input.ts';
import { detect } from '#src/builder/detection.ts';
import { isProblem } from '#src/builder/plan.ts';
import type { DetectionRecord } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { toRecord } from '#src/pipeline/build-stage.ts';
import { buildSettings, type SourceSettings, sourceSettings } from '#src/settings.ts';
import { inspectRepository } from '#src/source/git-inspect.ts';
import { SourceProblem } from '#src/source/source-problem.ts';
import { branchProblem, commitProblem, parseSourceUrl, type SourceUrl } from '#src/source/source-url.ts';

export interface SourceInput {
  readonly kind?: string | null | undefined;
  readonly url?: string | null | undefined;
  readonly branch?: string | null | undefined;
  readonly commit?: string | null | undefined;
  readonly submodules?: boolean | null | undefined;
  /** Only ever goes in. */
  readonly token?: string | null | undefined;
  readonly withDeployKey?: boolean | null | undefined;
}

export function checkSource(deps: Pick<Deps, 'config'>, input: SourceInput): SourceSettings {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined));
  const source = checkSettings(sourceSettings, given, 'source');
  checkToken(input.token);
  if (source.kind === 'archive') return { ...source, url: '', branch: '', commit: '' };
  const { url } = checkUrl(deps, source.url);
  if (source.branch !== '') checkBranch(source.branch);
  if (source.commit !== '') checkCommit(source.commit);
  return { ...source, url };
}

export function checkUrl(deps: Pick<Deps, 'config'>, url: string): SourceUrl {
  const parsed = parseSourceUrl(url, { http: deps.config.STEADING_ALLOW_INSECURE_SOURCES });
  if ('problem' in parsed) throw fail('deploy.bad-source-url', { problem: parsed.problem });
  return parsed;
}

export function checkBranch(branch: string): string {
  const problem = branchProblem(branch);
  if (problem) throw fail('deploy.bad-ref', { problem });
  return branch;
}

export function checkCommit(commit: string): string {
  const problem = commitProblem(commit);
  if (problem) throw fail('deploy.bad-ref', { problem });
  return commit;
}

function checkToken(token: string | null | undefined): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header must not be made of two
  if (token && (token.length > 4096 || /[\u0000-\u001f\u007f]/.test(token)))
    throw fail('deploy.bad-setting', {
      field: 'source.token',
      problem: 'it must be one line of at most 4096 characters.',
    });
}

export interface SourceReport {
  readonly ok: boolean;
  readonly problem: string | null;
  readonly branches: readonly string[];
  readonly defaultBranch: string | null;
  readonly detection: DetectionRecord | null;
}

const inspection = { timeoutMs: 30_000, maxBytes: 256 * 1024 * 1024, atOnce: 4 };

/** A limited number at once: each is a fetch that somebody outside decides the speed of. */
export function createInspector(deps: () => Deps) {
  let running = 0;
  return async (
    caller: Caller,
    input: { spaceId: string; url: string; branch?: string | null | undefined; token?: string | null | undefined },
    signal: AbortSignal,
  ): Promise<SourceReport> => {
    await deps().access.require(caller, 'space.create-project', input.spaceId);
    if (running >= inspection.atOnce)
      return report('The house looks at several repositories already. Try again in a moment.');
    running++;
    try {
      return await inspect(deps(), input, signal);
    } catch (error) {
      if (error instanceof SourceProblem) return report(error.message);
      if (isAppError(error) && error.status < 500) return report(error.message);
      if (error instanceof Error && error.name === 'TimeoutError')
        return report('The repository takes longer than 30 seconds to read. An app can still be made from it.');
      throw error;
    } finally {
      running--;
    }
  };
}

async function inspect(
  deps: Deps,
  input: { url: string; branch?: string | null | undefined; token?: string | null | undefined },
  signal: AbortSignal,
): Promise<SourceReport> {
  checkToken(input.token);
  await mkdir(deps.folders.inspections, { recursive: true, mode: 0o700 });
  const found = await inspectRepository({
    settings: deps.git,
    source: checkUrl(deps, input.url),
    branch: input.branch ? checkBranch(input.branch) : '',
    credentials: input.token ? { token: new Secret(input.token) } : {},
    folder: deps.folders.inspections,
    allowInternal: deps.config.STEADING_ALLOW_INTERNAL_SOURCES,
    lookUp: deps.lookUp,
    maxBytes: inspection.maxBytes,
    signal: AbortSignal.any([signal, AbortSignal.timeout(inspection.timeoutMs)]),
  });
  const detected = detect(found.listing, buildSettings.parse({}));
  const problem = isProblem(detected);
  return {
    ok: !problem,
    problem: problem ? detected.problem : null,
    branches: found.branches,
    defaultBranch: found.defaultBranch ?? null,
    detection: problem ? null : toRecord(detected),
  };
}

function report(problem: string): SourceReport {
  return { ok: false, problem, branches: [], defaultBranch: null, detection: null };
}
