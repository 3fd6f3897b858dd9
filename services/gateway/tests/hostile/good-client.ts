/** Somebody who means well and asks again and again while others do not. */
import { Agent, request } from 'node:http';
import { appHost } from '../edge-house.ts';

export interface GoodClient {
  /** Ends after the request that is under way; gives how many were answered and what went wrong. */
  stop(): Promise<{ readonly answered: number; readonly failed: readonly string[] }>;
}

/** Each request has ten seconds: other tests share the machine. */
const deadlineMs = 10_000;

export function startGoodClient(port: number): GoodClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const failed: string[] = [];
  let answered = 0;
  let running = true;
  const work = (async () => {
    do {
      const path = `/good/${answered + failed.length}`;
      const problem = await ask(port, path, agent);
      if (problem === undefined) answered++;
      else failed.push(problem);
    } while (running);
  })();
  return {
    async stop() {
      running = false;
      await work;
      agent.destroy();
      return { answered, failed };
    },
  };
}

function ask(port: number, path: string, agent: Agent): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', path, agent, headers: { host: appHost }, timeout: deadlineMs };
    const sent = request(options, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk));
      answer.once('end', () => {
        const isRight = answer.statusCode === 200 && body === `GET ${path}`;
        resolve(isRight ? undefined : `${path}: ${answer.statusCode} ${body.slice(0, 80)}`);
      });
      answer.once('error', (error) => resolve(`${path}: ${error.message}`));
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.once('error', (error) => resolve(`${path}: ${error.message}`));
    sent.end();
  });
}
