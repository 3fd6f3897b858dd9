import { useState } from 'react';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { useProject } from '#src/pages/project/use-project.ts';
import { VariablesPage } from '#src/pages/variables/variables-page.tsx';
import { Button } from '#src/ui/button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { TextField } from '#src/ui/field.tsx';
import { nameIdPattern } from '#src/ui/name-id.ts';
import { Tag } from '#src/ui/status.tsx';
import { Row, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const CreateDocument = graphql(`
  mutation CreateEnvironment($projectId: ID!, $name: String!) {
    createEnvironment(projectId: $projectId, name: $name) { id name }
  }
`);
const RemoveDocument = graphql(`
  mutation RemoveEnvironment($id: ID!) { removeEnvironment(id: $id) }
`);

/** Environments, and the variables that each gives to its apps. */
export function EnvironmentsPage() {
  const words = useWords();
  const text = words.app.project;
  const project = useProject();
  const mutate = useMutate();
  const [open, setOpen] = useState<string>();
  return (
    <Section title={text.tabs.environments} actions={project.may.update && <NewEnvironment />}>
      <Rows label={text.tabs.environments}>
        {project.environments.map((one) => (
          <Row key={one.id}>
            <p className="flex flex-1 items-center gap-2 font-medium">
              {one.name} {one.isDefault && <Tag>{text.isDefault}</Tag>}
            </p>
            <span className="text-[0.867rem] text-ink-soft">{words.space.appCount(one.apps.length)}</span>
            {project.may.readVariables && (
              <Button
                small
                aria-expanded={open === one.id}
                onClick={() => setOpen(open === one.id ? undefined : one.id)}
              >
                {text.tabs.variables}
              </Button>
            )}
            {project.may.update && !one.isDefault && (
              <ConfirmButton
                small
                label={text.removeEnvironment}
                title={text.removeEnvironmentTitle(one.name)}
                text={text.removeEnvironmentText}
                name={one.name}
                deed={() => mutate(RemoveDocument, { id: one.id })}
              />
            )}
          </Row>
        ))}
      </Rows>
      {open && <VariablesPage key={open} ownerId={open} mayWrite={project.may.writeVariables} />}
    </Section>
  );
}

function NewEnvironment() {
  const words = useWords();
  const text = words.app.project;
  const project = useProject();
  const mutate = useMutate();
  const [open, setOpen] = useState(false);
  const create = async (field: (name: string) => string) => {
    await mutate(CreateDocument, { projectId: project.id, name: field('name') });
    setOpen(false);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>{text.newEnvironment}</Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={text.newEnvironment}>
        <DeedForm submit={text.createEnvironment} deed={create}>
          <TextField
            label={text.environmentName}
            hint={text.environmentHint}
            name="name"
            required
            pattern={nameIdPattern}
            autoComplete="off"
          />
        </DeedForm>
      </Dialog>
    </>
  );
}
