import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useMutate } from '#src/graph/use-mutate.ts';
import { BuildFields, buildInput } from '#src/pages/app/build-fields.tsx';
import {
  CreateAppDocument,
  FirstDeployDocument,
  type Inspection,
  type Source,
} from '#src/pages/new-app/new-app-documents.ts';
import type { NewAppProject } from '#src/pages/new-app/new-app-page.tsx';
import { Step } from '#src/pages/new-app/step.tsx';
import { ButtonLink } from '#src/ui/button.tsx';
import { CopyLine } from '#src/ui/copy.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { SelectField } from '#src/ui/field.tsx';
import { NameFields } from '#src/ui/name-fields.tsx';
import { useWords } from '#src/words/words.tsx';

interface CreateStepProps {
  project: NewAppProject;
  source: Source;
  inspection?: Inspection;
}

/** What the app is called and where it lives; then it is made, and deployed unless a key must be placed first. */
export function CreateStep({ project, source, inspection }: CreateStepProps) {
  const words = useWords();
  const text = words.newApp;
  const mutate = useMutate();
  const navigate = useNavigate();
  const [key, setKey] = useState<{ appId: string; deployKey: string }>();
  const create = async (field: (name: string) => string) => {
    const { createApp } = await mutate(CreateAppDocument, {
      input: {
        projectId: project.id,
        ...(field('environment') && { environmentId: field('environment') }),
        name: field('name'),
        nameId: field('nameId'),
        source: {
          kind: 'git',
          url: source.url,
          branch: source.branch || inspection?.defaultBranch || '',
          ...(source.token && { token: source.token }),
          ...(source.withDeployKey && { withDeployKey: true }),
        },
        build: buildInput(field),
      },
    });
    const appId = createApp.id;
    if (source.withDeployKey && createApp.source.deployKey)
      return setKey({ appId, deployKey: createApp.source.deployKey });
    const { deploy } = await mutate(FirstDeployDocument, { appId });
    await navigate({ to: '/a/$appId/deployments/$deploymentId', params: { appId, deploymentId: deploy.id } });
  };
  if (key)
    return (
      <Step number={3} title={text.keyTitle}>
        <div className="flex flex-col gap-4">
          <p className="text-ink-soft">{text.keyText}</p>
          <CopyLine label={words.app.settings.deployKey} value={key.deployKey} />
          <ButtonLink to="/a/$appId" params={{ appId: key.appId }} variant="primary">
            {text.goOn}
          </ButtonLink>
        </div>
      </Step>
    );
  return (
    <Step number={3} title={text.step3}>
      <DeedForm submit={source.withDeployKey ? text.create : text.createDeploy} deed={create}>
        <NameFields name={text.name} nameId={text.nameId} hint={text.nameIdHint} start={nameOf(source.url)} />
        {project.environments.length > 1 && (
          <SelectField
            label={text.environment}
            name="environment"
            defaultValue={project.environments.find((one) => one.isDefault)?.id}
          >
            {project.environments.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </SelectField>
        )}
        <details className="rounded-lg border px-4 py-3 open:pb-4">
          <summary className="font-medium">{text.changeBuild}</summary>
          <div className="mt-4 flex flex-col gap-4">
            <BuildFields values={{ builder: 'automatic' }} />
          </div>
        </details>
      </DeedForm>
    </Step>
  );
}

/** The last part of a repository's address, without `.git`. */
function nameOf(url: string): string {
  return /([^/:]+?)(?:\.git)?\/?$/.exec(url)?.[1] ?? '';
}
