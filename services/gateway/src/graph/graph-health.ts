import type { RegistryStatus } from '@steading/graph';
import type { Health } from '@steading/service';
import { servicesSource } from '#src/graph/subgraph-watch.ts';

/**
 * Ready once every service has a part in the endpoint. What was refused since, with its reason, is what an operator
 * should know: the part of before answers.
 */
export function graphHealth({ revision, subgraphs }: RegistryStatus, missing: readonly string[]): Health {
  if (missing.length > 0) return { ready: false, reason: `Not there yet: ${missing.join(', ')}.` };
  // What apps add is told to those who deployed them, and on the operators' page: this page is open to everybody.
  const refused = subgraphs.filter(({ source, state }) => source === servicesSource && state !== 'serving');
  const told = refused.map(({ name, state, reason = '' }) => {
    const what = state === 'outdated' ? 'answers as before, its change does not fit' : 'is left out, it does not fit';
    return `The subgraph ${name} ${what}: ${firstLine(reason)}`;
  });
  const reason = told.length > 0 ? { reason: told.join(' ') } : {};
  const lacks = refused.some(({ state }) => state === 'refused');
  return { ready: revision > 0 && !lacks, ...reason };
}

const firstLine = (text: string): string => text.split('\n', 1)[0]!.slice(0, 300);
