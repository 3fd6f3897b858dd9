import type { AppSettingsDocument } from '#src/graph/documents-app.ts';
import { graphql, type ResultOf, type VariablesOf } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';

const UpdateAppDocument = graphql(`
  mutation UpdateApp($id: ID!, $input: UpdateAppInput!) {
    updateApp(id: $id, input: $input) {
      id name
      source { kind url branch commit hasToken deployKey webhookUrl deployHookUrl hasWebhookSecret hasDeployHookToken }
      build { builder installCommand buildCommand startCommand outputFolder rootFolder singlePage }
      runtime { replicas healthPath drainSeconds memoryMb cpuMillis keep }
    }
  }
`);

export type AppSettings = ResultOf<typeof AppSettingsDocument>['app'];
export type UpdateAppInput = VariablesOf<typeof UpdateAppDocument>['input'];

/** Changes some of an app's settings. */
export function useUpdateApp(id: string): (input: UpdateAppInput) => Promise<unknown> {
  const mutate = useMutate();
  return (input) => mutate(UpdateAppDocument, { id, input });
}
