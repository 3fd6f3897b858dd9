/**
 * Compute, as these tests need it: keeps what it is told in memory, and does what the test tells it to. The edge is
 * part of it: requests go to the generation that is healthy.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildRequest, ComputeService, type Spec } from '@steading/contracts/rpc/compute';
import { kitErrors, newId } from '@steading/kit';
import { implement } from '@steading/rpc';
import { defineService } from '@steading/service';
import type { EdgeRequest } from '#src/pipeline/edge-request.ts';

export interface ComputeDouble {
  readonly service: ReturnType<typeof defineService>;
  readonly edgeRequest: EdgeRequest;
  /** Whose host it is; the house under test knows. */
  appOf: (host: string) => Promise<string | undefined>;
  readonly builds: {
    request: BuildRequest;
    files: string[];
    cancelled: boolean;
    read: (name: string) => string | undefined;
  }[];
  readonly applied: { appId: string; generation: string; spec: Spec | undefined }[];
  readonly aborted: string[];
  readonly removedApps: string[];
  readonly removedReleases: string[];
  /** What runs: app → generation. */
  readonly running: Map<string, string>;
  /** Where an app's instance listens; default: nowhere. */
  readonly addresses: Map<string, string>;
  /** What the next builds and rollouts do. */
  behave: {
    build: 'ok' | 'fail' | 'hang';
    /** What the next builds print, on standard output where nothing else is said. */
    lines: (string | { stream: 'stdout' | 'stderr'; text: string })[];
    /** `away`: it begins, and from then on nothing is answered. */
    rollout: 'ok' | 'fail' | 'hang' | 'away';
    edge: 'ok' | 'stuck';
    /** How long a probe takes; every n-th is lost. */
    lostEvery: number;
    /** Waited for before a rollout is healthy. */
    beforeHealthy?: () => Promise<void>;
  };
}

export function createComputeDouble(): ComputeDouble {
  let probes = 0;
  const double: ComputeDouble = {
    builds: [],
    applied: [],
    aborted: [],
    removedApps: [],
    removedReleases: [],
    running: new Map(),
    addresses: new Map(),
    behave: { build: 'ok', lines: [], rollout: 'ok', edge: 'ok', lostEvery: 0 },
    appOf: async () => undefined,
    edgeRequest: async (_edge, host) => {
      probes++;
      if (double.behave.lostEvery > 0 && probes % double.behave.lostEvery === 0)
        return { ok: false, generation: '', edge: 'answered' };
      const generation = double.running.get((await double.appOf(host)) ?? '') ?? '';
      const edge = 'answered';
      return double.behave.edge === 'stuck'
        ? { ok: true, generation: 'old', edge }
        : { ok: generation !== '', generation, edge };
    },
    service: defineService({
      name: 'compute',
      purpose: 'A test double.',
      rpc: [ComputeService],
      create: () => ({
        rpc: [
          implement(
            ComputeService,
            methods(() => double),
          ),
        ],
      }),
    }) as ReturnType<typeof defineService>,
  };
  return double;
}

type Methods = Parameters<typeof implement<typeof ComputeService>>[1];

function methods(double: () => ComputeDouble): Methods {
  const mustBeThere = () => {
    if (double().behave.rollout === 'away') throw kitErrors('unavailable', { what: 'The compute service' });
  };
  return {
    getRuntime() {
      mustBeThere();
      return { name: 'process', isolation: 'none', isolationText: 'None: a test.', builders: ['static', 'node'] };
    },
    async *build(request, context) {
      const { behave, builds } = double();
      const read = (name: string) => contents.get(name);
      const files = readdirSync(request.sourcePath).sort();
      const contents = new Map(
        files.flatMap((name) => readText(join(request.sourcePath, name)).map((text) => [name, text])),
      );
      const record = { request, files, cancelled: false, read };
      builds.push(record);
      let position = 0n;
      const output = (printed: typeof behave.lines) => ({
        event: {
          case: 'output' as const,
          value: {
            lines: printed.map((line) => ({
              ...(typeof line === 'string' ? { stream: 'stdout', text: line } : line),
              ...{ position: ++position, timeMs: BigInt(Date.now()) },
            })),
          },
        },
      });
      for (const step of request.steps) yield output([`$ ${step.argv.join(' ')}`]);
      // As many at once as compute gives.
      for (let at = 0; at < behave.lines.length; at += 500) yield output(behave.lines.slice(at, at + 500));
      if (behave.build === 'hang') {
        await aborted(context.signal);
        record.cancelled = true;
        return;
      }
      if (behave.build === 'fail') {
        yield {
          event: { case: 'failed', value: { code: 'step-failed', reason: 'The step install ended with code 1.' } },
        };
        return;
      }
      yield { event: { case: 'done', value: { releaseId: newId('rel'), bytes: 1024n } } };
    },
    apply({ appId, generation, spec }) {
      const { applied, running, behave } = double();
      applied.push({ appId, generation, spec });
      if (spec?.replicas === 0) running.delete(appId);
      else if (behave.rollout === 'ok' || behave.rollout === 'away') running.set(appId, generation);
      return {};
    },
    async *watchRollout({ appId, generation }, context) {
      mustBeThere();
      yield { state: 'starting' };
      const { behave, aborted: takenBack, running } = double();
      if (takenBack.includes(generation) && running.get(appId) !== generation)
        yield { state: 'failed', reason: 'taken back' };
      else if (behave.rollout === 'hang') await aborted(context.signal);
      else if (behave.rollout === 'fail')
        yield {
          state: 'failed',
          reason: 'The instance ended with code 1 before it was healthy.',
          lastLines: [{ position: 1n, timeMs: 0n, stream: 'stderr', text: 'Error: no beans' }],
        };
      else {
        await behave.beforeHealthy?.();
        yield { state: 'healthy' };
      }
    },
    abortRollout({ generation }) {
      mustBeThere();
      double().aborted.push(generation);
      return {};
    },
    listInstances: ({ appId }) => ({
      instances: [...double().running]
        .filter(([id]) => appId === '' || id === appId)
        .map(([id, generation]) => ({
          id: `${id}-1`,
          appId: id,
          generation,
          state: 'healthy',
          address: double().addresses.get(id) ?? '127.0.0.1:1',
        })),
    }),
    async *readLogs() {
      yield {
        lines: [{ position: 1n, timeMs: 0n, stream: 'stdout', text: 'listening', instanceId: 'i1' }],
        missed: 0n,
      };
    },
    removeApp({ appId }) {
      double().removedApps.push(appId);
      double().running.delete(appId);
      return {};
    },
    removeRelease({ releaseId }) {
      double().removedReleases.push(releaseId);
      return {};
    },
  };
}

function readText(path: string): string[] {
  try {
    return [readFileSync(path, 'utf8')];
  } catch {
    return [];
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
