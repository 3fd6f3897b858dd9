import { once } from 'node:events';
import { connect } from 'node:net';
import { GCProfiler } from 'node:v8';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appHost, type EdgeHouse, healthy, startApp, startEdgeHouse, type TestApp } from './edge-house.ts';

const requests = 4_000;

let house: EdgeHouse;
let app: TestApp;

beforeEach(async () => {
  house = await startEdgeHouse();
  app = await startApp((_incoming, outgoing) => outgoing.end('here'));
  house.setInstances([healthy('ins_1', app.address)]);
});

afterEach(async () => {
  await house.stop();
  await app.stop();
});

// Otherwise busy hours fill the old space, and each collection of young objects takes ten times as long.
it('what requests leave is collected young', async () => {
  await ask(requests);
  const profiler = new GCProfiler();
  profiler.start();
  await ask(requests);
  const { statistics } = profiler.stop();
  let [young, kept] = [0, 0];
  for (const { gcType, beforeGC, afterGC } of statistics) {
    if (gcType !== 'Scavenge') continue;
    young += used(beforeGC, 'new_space');
    kept += used(afterGC, 'new_space') + used(afterGC, 'old_space') - used(beforeGC, 'old_space');
  }
  expect(young).toBeGreaterThan(4_000_000);
  expect(kept / young).toBeLessThan(0.03);
});

type Spaces = ReturnType<GCProfiler['stop']>['statistics'][number]['beforeGC'];

function used({ heapSpaceStatistics }: Spaces, space: string): number {
  // As Node names them; its types say otherwise.
  const all = heapSpaceStatistics as unknown as { spaceName: string; spaceUsedSize: number }[];
  return all.find(({ spaceName }) => spaceName === space)?.spaceUsedSize ?? 0;
}

/** One after the other on one connection. */
async function ask(count: number): Promise<void> {
  const socket = connect(house.port, '127.0.0.1');
  await once(socket, 'connect');
  for (let sent = 0; sent < count; sent++) {
    socket.write(`GET / HTTP/1.1\r\nHost: ${appHost}\r\n\r\n`);
    await once(socket, 'data');
  }
  socket.destroy();
}
