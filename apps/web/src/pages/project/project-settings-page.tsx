import { useNavigate } from '@tanstack/react-router';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { useProject } from '#src/pages/project/use-project.ts';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { TextField } from '#src/ui/field.tsx';
import { Note, Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const UpdateDocument = graphql(`
  mutation UpdateProject($id: ID!, $input: UpdateProjectInput!) { updateProject(id: $id, input: $input) { id name } }
`);
const RemoveDocument = graphql(`
  mutation RemoveProject($id: ID!) { removeProject(id: $id) }
`);

/** The project's name, and its end. */
export function ProjectSettingsPage() {
  const words = useWords();
  const text = words.app.project;
  const project = useProject();
  const mutate = useMutate();
  const navigate = useNavigate();
  if (!project.may.update && !project.may.remove) return <Note>{text.noRight}</Note>;
  const remove = async () => {
    await mutate(RemoveDocument, { id: project.id });
    await navigate({ to: '/s/$space', params: { space: project.space.nameId } });
  };
  return (
    <>
      {project.may.update && (
        <Panel className="max-w-xl">
          <DeedForm
            submit={words.actions.save}
            done={words.actions.saved}
            deed={(field) => mutate(UpdateDocument, { id: project.id, input: { name: field('name') } })}
          >
            <TextField label={text.name} name="name" defaultValue={project.name} required maxLength={80} />
          </DeedForm>
        </Panel>
      )}
      {project.may.remove && (
        <Section title={text.danger} note={text.removeText}>
          <div>
            <ConfirmButton
              label={text.remove}
              title={text.removeTitle(project.name)}
              text={text.removeText}
              name={project.nameId}
              deed={remove}
            />
          </div>
        </Section>
      )}
    </>
  );
}
