import { findParts, gatewayOf, type RunningHouse } from '@steading/house/running';
import { type Finding, good, warning, wrong } from '#src/local/doctor/finding.ts';
import { checkReach } from '#src/local/doctor/reach.ts';
import { checkPort } from '#src/local/ports.ts';

interface Readiness {
  readonly ready: boolean;
  readonly services: readonly { readonly service: string; readonly ready: boolean; readonly reason?: string }[];
}

/** The house on this data folder: whether it runs, what its services say, and whether people reach it. */
export async function checkHouse(dataDir: string, port: number): Promise<Finding[]> {
  const parts = findParts(dataDir);
  if (parts.length === 0) return [await checkStart(port)];
  const running = gatewayOf(parts);
  if (!running) {
    const here = parts.map(({ pid, services }) => `${services?.join(', ')} (process ${pid})`).join('; ');
    return [good('house', `has ${here} here; the doctor looks at the whole house where its gateway runs`)];
  }
  const readiness = await ask(running);
  if (!readiness)
    return [wrong('house', `runs (process ${running.pid}) but does not answer at ${running.localUrl}; see its log`)];
  const house = readiness.ready
    ? good('house', `is ready at ${running.url}`)
    : wrong('house', `runs (process ${running.pid}) but is not ready`);
  return [house, ...notes(readiness), ...(await checkReach(running.url, process.env.STEADING_APPS_DOMAIN))];
}

/** What services say: why they are not ready, or what an operator should know although they are. */
export function notes({ services }: Readiness): Finding[] {
  return services.flatMap(({ service, ready, reason }) => {
    if (!ready) return [wrong(service, reason ?? 'is not ready')];
    return reason ? [warning(service, reason)] : [];
  });
}

async function ask({ localUrl }: RunningHouse): Promise<Readiness | undefined> {
  try {
    const answer = await fetch(`${localUrl}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return (await answer.json()) as Readiness;
  } catch {
    return undefined;
  }
}

async function checkStart(port: number): Promise<Finding> {
  try {
    await checkPort('127.0.0.1', port);
    return good('house', `does not run; port ${port} is free. Start it with: steading up`);
  } catch (error) {
    return wrong('house', `does not run, and: ${(error as Error).message}`);
  }
}
