import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Starts a fresh house with `steading up`, leaves it alone, and measures what rest costs: proportional memory (PSS) of
 * all its processes, PostgreSQL included, and CPU over a minute. Limits: 300 MB, 1 % of a core.
 */
const limits = { megabytes: 300, cpuPercent: 1 };
const settleSeconds = Number(process.env.SETTLE_SECONDS ?? 20);
const measureSeconds = Number(process.env.MEASURE_SECONDS ?? 60);
const root = resolve(import.meta.dirname, '../..');

const data = mkdtempSync(join(tmpdir(), 'steading-idle-'));
chmodSync(data, 0o711);
const port = await freePort();
const steading = (...args: string[]) =>
  execFileSync(join(root, 'steading'), [...args, '--data', data], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

try {
  const began = performance.now();
  steading('up', '--port', String(port));
  const coldSeconds = (performance.now() - began) / 1000;
  steading('down');
  const warmBegan = performance.now();
  steading('up', '--port', String(port));
  const warmSeconds = (performance.now() - warmBegan) / 1000;
  await sleep(settleSeconds * 1000);
  const { pid } = JSON.parse(readFileSync(join(data, 'house.json'), 'utf8')) as { pid: number };
  const before = cpuTicks(pid);
  await sleep(measureSeconds * 1000);
  const after = cpuTicks(pid);
  const cpuPercent = ((after - before) / 100 / measureSeconds) * 100;
  const parts = processTree(pid).map((each) => ({ name: nameOf(each), mb: pssKb(each) / 1024 }));
  const total = parts.reduce((sum, part) => sum + part.mb, 0);
  for (const { name, mb } of parts.sort((a, b) => b.mb - a.mb)) console.log(`${mb.toFixed(1).padStart(7)} MB  ${name}`);
  console.log(
    `memory ${total.toFixed(0)} MB of ${limits.megabytes} MB: ratio ${(total / limits.megabytes).toFixed(2)}`,
  );
  console.log(
    `cpu ${cpuPercent.toFixed(2)} % of ${limits.cpuPercent} % of a core over ${measureSeconds} s: ratio ${(cpuPercent / limits.cpuPercent).toFixed(2)}`,
  );
  console.log(
    `start: first ${coldSeconds.toFixed(1)} s, warm ${warmSeconds.toFixed(1)} s of 3 s: ratio ${(warmSeconds / 3).toFixed(2)}`,
  );
  if (total > limits.megabytes || cpuPercent > limits.cpuPercent) process.exitCode = 1;
} finally {
  steading('down');
  rmSync(data, { recursive: true, force: true });
}

function processTree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) && read(`/proc/${name}/stat`);
    if (stat) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const found = [pid];
  for (const each of found) for (const [child, parent] of parents) if (parent === each) found.push(child);
  return found;
}

/** User and system time, own and of ended children, in hundredths of a second. */
function cpuTicks(pid: number): number {
  return processTree(pid).reduce((sum, each) => {
    const stat = read(`/proc/${each}/stat`) ?? '';
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return sum + (fields[11] ?? 0) + (fields[12] ?? 0) + (fields[13] ?? 0) + (fields[14] ?? 0);
  }, 0);
}

function pssKb(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0);
}

function nameOf(pid: number): string {
  return (
    (read(`/proc/${pid}/cmdline`) ?? '')
      .replaceAll('\0', ' ')
      .replace(/.*\/(?=[^/ ]+( |$))/, '')
      .slice(0, 70)
      .trim() || String(pid)
  );
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = server.address() as { port: number };
      server.close(() => done(found));
    });
  });
}
