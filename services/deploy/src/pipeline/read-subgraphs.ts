/**
 * Asks apps what they add to the GraphQL endpoint: after an operator allowed it, after each deployment that went live,
 * and again for a while where nobody answers. Beside the chores of apps, which never wait for this.
 */
import { newRequestId, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import { tellSubgraph } from '#src/actions/subgraphs.ts';
import { listed } from '#src/app-subgraphs.ts';
import type { Deps } from '#src/deps.ts';
import { checkSdl, sdlLimits } from '#src/subgraph-rules.ts';
import { type SubgraphRow, subgraphsDb } from '#src/subgraphs-db.ts';

const limits = { holdSeconds: 45, readMs: 10_000, atOnce: 20, attempts: 8, longestSeconds: 60 };

export interface SubgraphReader {
  /** Asks all who are due; nobody waits for another who is slow. */
  wake(): void;
  stop(): Promise<void>;
}

export function createSubgraphReader(deps: () => Deps): SubgraphReader {
  const stopping = new AbortController();
  const reading = new Set<Promise<void>>();
  let taking: Promise<void> | undefined;

  async function take(): Promise<void> {
    if (reading.size >= limits.atOnce) return;
    for (const row of await deps().db.write((tx) => subgraphsDb.takeDue(tx, limits.holdSeconds))) {
      const one = readOne(deps(), row, stopping.signal)
        .catch(failed)
        .finally(() => reading.delete(one));
      reading.add(one);
    }
  }

  function failed(error: unknown): void {
    if (!stopping.signal.aborted) deps().log.warn({ err: error }, 'apps could not be asked for their subgraphs');
  }

  return {
    wake() {
      taking ??= take()
        .catch(failed)
        .finally(() => {
          taking = undefined;
        });
    },
    async stop() {
      stopping.abort();
      await taking;
      await Promise.all(reading);
    },
  };
}

async function readOne(deps: Deps, row: SubgraphRow, signal: AbortSignal): Promise<void> {
  const caller = serviceCaller('deploy', newRequestId());
  const read = await readSdl(deps, row, signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    deps.log.info({ err: error, appId: row.app_id }, 'an app could not be asked for its subgraph');
    return { problem: 'The app could not be asked.' };
  });
  await deps.db.write(async (tx) => {
    const before = await subgraphsDb.lock(tx, row.app_id);
    if (!before) return;
    if ('problem' in read) {
      const seconds = Math.min(limits.longestSeconds, 2 ** row.read_attempts);
      const again = row.read_attempts < limits.attempts ? seconds : null;
      return void (await subgraphsDb.readAgain(tx, row, again, read.problem));
    }
    const { problems, adds } = checkSdl(read.sdl, row.name);
    if (problems.length > 0) return void (await subgraphsDb.refuse(tx, row, problems.join('\n')));
    await subgraphsDb.keep(tx, row, read.sdl, adds);
    const after = await subgraphsDb.byApp(tx, row.app_id);
    if (listed(before)?.revision !== (after && listed(after)?.revision))
      await tellSubgraph(deps, tx, caller, row.app_id);
  });
}

type Read = { readonly sdl: string } | { readonly problem: string };

async function readSdl(deps: Deps, row: SubgraphRow, signal: AbortSignal): Promise<Read> {
  const options = as(serviceCaller('deploy', newRequestId()), { signal, timeoutMs: limits.readMs });
  const { instances } = await deps.compute.listInstances({ appId: row.app_id }, options);
  const healthy = instances.filter(({ state, address }) => state === 'healthy' && address !== '');
  const newest = healthy.reduce((best, one) => (one.generation > (best?.generation ?? '') ? one : best), healthy[0]);
  if (!newest) return { problem: 'The app has no healthy instance. Deploy it, then it is asked.' };
  return askForSdl(`http://${newest.address}${row.path}`, row.path, signal);
}

/** By `_service { sdl }` (Federation subgraph specification). Nobody is named by it: the SDL is no secret. */
async function askForSdl(url: string, path: string, stopping: AbortSignal): Promise<Read> {
  const late = AbortSignal.timeout(limits.readMs);
  let text: string;
  let status: number;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', connection: 'close' },
      body: JSON.stringify({ query: '{ _service { sdl } }' }),
      redirect: 'manual',
      signal: AbortSignal.any([stopping, late]),
    });
    status = answer.status;
    const read = await textOf(answer, sdlLimits.bytes * 2);
    if (read === undefined) return { problem: `Its answer at ${path} is larger than an SDL may be.` };
    text = read;
  } catch (error) {
    if (stopping.aborted) throw error;
    const why = late.aborted ? `did not answer within ${limits.readMs / 1000} s` : 'could not be reached';
    return { problem: `The app ${why} at ${path}.` };
  }
  const sdl = sdlIn(text);
  if (sdl === undefined)
    return { problem: `The app answered ${status} at ${path}, and no SDL to the query { _service { sdl } }.` };
  return { sdl };
}

async function textOf(answer: Response, maxBytes: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function sdlIn(text: string): string | undefined {
  try {
    const { data } = JSON.parse(text) as { data?: { _service?: { sdl?: unknown } } };
    const sdl = data?._service?.sdl;
    return typeof sdl === 'string' && sdl !== '' ? sdl : undefined;
  } catch {
    return undefined;
  }
}
