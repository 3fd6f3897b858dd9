import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appHost, type EdgeHouse, healthy, startEdgeHouse } from './edge-house.ts';

/** Says which requests it began, on its standard output, and answers 50 ms later. */
const program = `
const server = require('node:http').createServer((request, response) => {
  process.stdout.write(request.headers['x-number'] + '\\n');
  request.resume();
  setTimeout(() => response.end(request.headers['x-number']), 50);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.stdout.write('port ' + server.address().port + '\\n'));`;

interface Instance {
  readonly child: ChildProcess;
  readonly address: string;
  /** Numbers of the requests that it began. */
  readonly began: Set<string>;
}

let house: EdgeHouse;
const instances: Instance[] = [];

beforeAll(async () => {
  house = await startEdgeHouse();
  instances.push(await startInstance(), await startInstance());
  house.setInstances(instances.map(({ address }, at) => healthy(`ins_${at}`, address)));
});

afterAll(async () => {
  await house.stop();
  for (const { child } of instances) child.kill('SIGKILL');
});

function startInstance(): Promise<Instance> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const began = new Set<string>();
  return new Promise((resolve) => {
    let rest = '';
    child.stdout?.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines)
        if (line.startsWith('port ')) resolve({ child, address: `127.0.0.1:${line.slice(5)}`, began });
        else began.add(line);
    });
  });
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** The status, and whether the answer was its own; 0: none. */
function ask(number: string, method: string, body = ''): Promise<number> {
  return new Promise((resolve) => {
    const headers = { host: appHost, 'x-number': number, ...(body && { 'content-length': String(body.length) }) };
    const sent = request({ port: house.port, host: '127.0.0.1', agent, method, headers }, async (answer) => {
      const text = (await answer.toArray()).join('');
      resolve(answer.statusCode === 200 && text !== number ? -1 : (answer.statusCode ?? 0));
    });
    sent.once('error', () => resolve(0));
    sent.end(body);
  });
}

it('of two instances one is killed: only changes that had reached it fail, each once, and everything else is answered', async () => {
  const outcomes: { number: string; method: string; status: number }[] = [];
  let running = true;
  let next = 0;
  const client = async (method: string, body?: string) => {
    while (running) {
      const number = `${method}-${next++}`;
      outcomes.push({ number, method, status: await ask(number, method, body) });
    }
  };
  const clients = [
    ...Array.from({ length: 8 }, () => client('GET')),
    ...Array.from({ length: 4 }, () => client('PUT', 'small')),
    ...Array.from({ length: 4 }, () => client('POST', 'small')),
    ...Array.from({ length: 2 }, () => client('POST', 'x'.repeat(200_000))),
  ];
  await expect.poll(() => outcomes.length, { timeout: 10_000 }).toBeGreaterThan(60);
  const [killed, other] = instances as [Instance, Instance];
  killed.child.kill('SIGKILL');
  const before = outcomes.length;
  await expect.poll(() => outcomes.length, { timeout: 10_000 }).toBeGreaterThan(before + 120);
  running = false;
  await Promise.all(clients);

  const failed = outcomes.filter(({ status }) => status !== 200);
  expect(failed.filter(({ method }) => method !== 'POST')).toEqual([]);
  // What failed had begun on the one that is gone, and was not begun a second time.
  expect(failed.filter(({ number }) => other.began.has(number))).toEqual([]);
  expect(failed.filter(({ status }) => status !== 502)).toEqual([]);
  expect(failed.length).toBeLessThanOrEqual(6);
  const twice = outcomes.filter(
    ({ number, method }) => method === 'POST' && killed.began.has(number) && other.began.has(number),
  );
  expect(twice).toEqual([]);
});
