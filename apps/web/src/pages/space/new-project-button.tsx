import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { useSpace } from '#src/pages/space/use-space.ts';
import { Button } from '#src/ui/button.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { NameFields } from '#src/ui/name-fields.tsx';
import { useWords } from '#src/words/words.tsx';

const CreateProjectDocument = graphql(`
  mutation CreateProject($spaceId: ID!, $nameId: String!, $name: String!) {
    createProject(spaceId: $spaceId, nameId: $nameId, name: $name) { id }
  }
`);

/** A project is two words; a small window is enough. */
export function NewProjectButton({ primary }: { primary?: boolean }) {
  const words = useWords();
  const text = words.space.projects;
  const space = useSpace();
  const mutate = useMutate();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const create = async (field: (name: string) => string) => {
    const { createProject } = await mutate(CreateProjectDocument, {
      spaceId: space.id,
      nameId: field('nameId'),
      name: field('name'),
    });
    await navigate({ to: '/p/$projectId', params: { projectId: createProject.id } });
  };
  return (
    <>
      <Button variant={primary ? 'primary' : 'plain'} onClick={() => setOpen(true)}>
        {text.new}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={text.newTitle}>
        <DeedForm submit={text.create} deed={create}>
          <NameFields name={text.name} nameId={text.nameId} hint={text.nameIdHint} />
        </DeedForm>
      </Dialog>
    </>
  );
}
