import { readdirSync, readFileSync } from 'node:fs';

export interface Sample {
  readonly atMs: number;
  /** Proportional memory of the house's own process. */
  readonly megabytes: number;
  /** With PostgreSQL, without apps. */
  readonly allMegabytes: number;
  readonly files: number;
}

export function sampleOf(pid: number): Sample {
  const children = childrenOf(pid).filter((each) => read(`/proc/${each}/cmdline`).includes('postgres'));
  const all = [...children, ...children.flatMap(childrenOf)];
  const megabytes = pssMegabytes(pid);
  return {
    atMs: performance.now(),
    megabytes,
    allMegabytes: megabytes + all.reduce((sum, each) => sum + pssMegabytes(each), 0),
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Of a straight line through the samples, by least squares. */
export function slopeAnHour(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const count = samples.length;
  const meanAt = samples.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const mean = samples.reduce((sum, sample) => sum + value(sample), 0) / count;
  let above = 0;
  let below = 0;
  for (const sample of samples) {
    above += (sample.atMs - meanAt) * (value(sample) - mean);
    below += (sample.atMs - meanAt) ** 2;
  }
  return below === 0 ? 0 : (above / below) * 3_600_000;
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const stat = read(`/proc/${name}/stat`);
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
    })
    .map(Number);
}

function pssMegabytes(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
