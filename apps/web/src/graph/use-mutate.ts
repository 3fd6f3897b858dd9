import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useCallback, useState } from 'react';
import { useClient } from 'urql';
import { type Problem, problemOf } from '#src/graph/problem.ts';

/** Runs a mutation and returns its data; throws what the house answered, as an error whose problem can be read. */
export function useMutate(): <Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data> {
  const client = useClient();
  return useCallback(
    async (document, variables) => {
      const result = await client.mutation(document, variables).toPromise();
      if (result.error) throw result.error;
      return result.data as NonNullable<typeof result.data>;
    },
    [client],
  );
}

export interface Action<Input extends unknown[]> {
  run(...input: Input): Promise<boolean>;
  busy: boolean;
  problem: Problem | undefined;
  clear(): void;
}

/** Wraps an asynchronous deed of the page: busy while it runs, and its problem kept to be shown. Answers whether it worked. */
export function useAction<Input extends unknown[]>(deed: (...input: Input) => Promise<unknown>): Action<Input> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = async (...input: Input): Promise<boolean> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await deed(...input);
      return true;
    } catch (thrown) {
      setProblem(problemOf(thrown));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, problem, clear: () => setProblem(undefined) };
}
