/**
 * Tells deploy that this gateway is up and where, so that nothing is called live before this gateway, too, sends
 * requests to it. Said once the door is open, again now and then, and until it was heard; at the end that it leaves.
 */
import { DeployService } from '@steading/contracts/rpc/deploy';
import { type Clock, type Log, newId, newRequestId, serviceCaller } from '@steading/kit';
import { as, type RpcClients } from '@steading/rpc';

export interface Announcement {
  /** `edg_…`, another one at each start: what this gateway's answers to probes bear. */
  readonly edgeId: string;
  /** @param where `host` is empty where every address of the machine is listened on. */
  start(where: { readonly host: string; readonly port: number }): void;
  leave(): Promise<void>;
}

export interface AnnouncementOptions {
  readonly rpc: RpcClients;
  /** Which services the house has: a small one may have no apps. */
  readonly has: (service: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const retryMs = 300;
const callMs = 2_000;
const anyAddress = new Set(['0.0.0.0', '::', '[::]']);

export function createAnnouncement({ rpc, has, clock, log }: AnnouncementOptions): Announcement {
  const edgeId = newId('edg');
  const stopped = new AbortController();
  let loop: Promise<void> | undefined;
  const say = (where: { host: string; port: number }, leaves: boolean, signal?: AbortSignal) =>
    rpc
      .client(DeployService)
      .announceEdge(
        { edgeId, ...where, leaves },
        as(serviceCaller('gateway', newRequestId()), { timeoutMs: callMs, ...(signal && { signal }) }),
      );
  let where = { host: '', port: 0 };

  async function keepSaying(): Promise<void> {
    let isHeard = true;
    while (!stopped.signal.aborted) {
      let againMs = retryMs;
      try {
        ({ againMs } = await say(where, false, stopped.signal));
        isHeard = true;
      } catch (error) {
        if (isHeard && !stopped.signal.aborted)
          log.info({ err: error }, 'deploy does not know yet that this gateway is up');
        isHeard = false;
      }
      await clock.sleep(againMs, stopped.signal);
    }
  }

  return {
    edgeId,
    start({ host, port }) {
      if (!has('deploy')) return;
      where = { host: anyAddress.has(host) ? '' : host.replace(/^\[|\]$/g, ''), port };
      loop = keepSaying();
    },
    async leave() {
      if (!loop || stopped.signal.aborted) return;
      stopped.abort();
      await loop;
      await say(where, true).catch((error: unknown) =>
        log.debug({ err: error }, 'nobody heard that this gateway left'),
      );
    },
  };
}
