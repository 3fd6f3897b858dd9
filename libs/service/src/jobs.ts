import type { Clock, Log } from '@steading/kit';
import type { Pool } from 'pg';
import { PgBoss } from 'pg-boss';
import type { Job } from '#src/service.ts';

/** Keeps every service's scheduled jobs: one queue a service, each job run by one process of the house at a time. */
export interface JobRunner {
  start(jobs: ReadonlyMap<string, readonly Job[]>): Promise<void>;
  stop(signal: AbortSignal): Promise<void>;
}

/** How often it is looked, in seconds. */
export interface JobTick {
  /** Whether a job is due. At most 45. */
  readonly cron: number;
  /** Whether one is waiting. */
  readonly poll: number;
}

/** Jobs are hourly or daily work, so two minutes late is soon enough; idle must cost nothing. */
const usualTick: JobTick = { cron: 45, poll: 60 };
const defaultSeconds = 3_600;

/** Scheduled jobs on pg-boss, through the process's own pool, in the schema `jobs`. */
export function createJobRunner(options: {
  pool: Pool;
  log: Log;
  clock: Clock;
  tick?: JobTick | undefined;
}): JobRunner {
  const { pool, log, tick = usualTick } = options;
  const stopping = new AbortController();
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    schema: 'jobs',
    superviseIntervalSeconds: 300,
    maintenanceIntervalSeconds: 3600,
    monitorIntervalSeconds: 300,
    cronMonitorIntervalSeconds: tick.cron,
    cronWorkerIntervalSeconds: tick.cron,
    clockMonitorIntervalSeconds: 600,
    queueCacheIntervalSeconds: 600,
    flowIntervalSeconds: 600,
    bamIntervalSeconds: 600,
    monitorVacuum: false,
    reindex: false,
  });
  boss.on('error', (error) => log.warn({ err: error }, 'the job queue met an error'));

  async function run(job: Job, signal: AbortSignal): Promise<void> {
    const began = Date.now();
    await job.run(AbortSignal.any([signal, stopping.signal]));
    log.debug({ job: job.name, ms: Date.now() - began }, 'a job is done');
  }

  return {
    async start(byService) {
      await startAlone(pool, boss);
      const scheduled = new Map((await boss.getSchedules()).map((entry) => [`${entry.name}:${entry.key}`, entry]));
      for (const [service, jobs] of byService) {
        if (jobs.length === 0) continue;
        const queue = `service-${service}`;
        const byName = new Map(jobs.map((job) => [job.name, job]));
        await boss.createQueue(queue, { retryLimit: 2, retryBackoff: true, expireInSeconds: defaultSeconds });
        for (const job of jobs) {
          await boss.schedule(
            queue,
            job.cron,
            { job: job.name },
            {
              key: job.name,
              tz: 'UTC',
              expireInSeconds: job.maxSeconds ?? defaultSeconds,
            },
          );
          scheduled.delete(`${queue}:${job.name}`);
        }
        for (const entry of scheduled.values()) if (entry.name === queue) await boss.unschedule(queue, entry.key);
        await boss.work<{ job: string }>(queue, { pollingIntervalSeconds: tick.poll }, async ([due]) => {
          const job = due && byName.get(due.data.job);
          if (job) await run(job, due.signal);
        });
      }
    },
    async stop(signal) {
      stopping.abort();
      await boss.stop({ graceful: !signal.aborted, timeout: 10_000, close: false });
    },
  };
}

/** Its schema is made by whoever starts first. Two processes of a new house must not both try. */
async function startAlone(pool: Pool, boss: PgBoss): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('steading.jobs'))");
    await boss.start();
    await client.query("select pg_advisory_unlock(hashtext('steading.jobs'))");
    client.release();
  } catch (error) {
    // The lock goes with its connection.
    client.release(true);
    throw error;
  }
}
