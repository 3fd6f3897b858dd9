import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { SidebarDocument } from '#src/graph/documents-session.ts';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { Frame } from '#src/shell/frame.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { SelectField, TextField } from '#src/ui/field.tsx';
import { NameFields } from '#src/ui/name-fields.tsx';
import { Panel } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const CreateSpaceDocument = graphql(`
  mutation CreateSpace($input: CreateSpaceInput!) { createSpace(input: $input) { id nameId } }
`);

const route = getRouteApi('/signed-in/house/spaces/new');

/** A new space, or a subspace of another. */
export function NewSpacePage() {
  const words = useWords();
  const text = words.space.create;
  const { parent: parentNameId } = route.useSearch();
  const [{ data }] = useQuery({ query: SidebarDocument });
  const parent = data?.mySpaces.find((space) => space.nameId === parentNameId);
  const mutate = useMutate();
  const navigate = useNavigate();
  const create = async (field: (name: string) => string) => {
    const { createSpace } = await mutate(CreateSpaceDocument, {
      input: {
        name: field('name'),
        nameId: field('nameId'),
        tagline: field('tagline'),
        privacy: field('privacy'),
        ...(parent && { parentId: parent.id }),
      },
    });
    await navigate({ to: '/s/$space', params: { space: createSpace.nameId } });
  };
  return (
    <Frame
      title={parent ? text.subTitle(parent.name) : text.title}
      about={text.about}
      crumbs={parent ? [{ label: parent.name, link: { to: '/s/$space', params: { space: parent.nameId } } }] : []}
    >
      <Panel className="max-w-xl">
        <DeedForm submit={text.submit} deed={create}>
          <NameFields name={text.name} nameId={text.nameId} hint={text.nameIdHint} />
          <TextField label={text.tagline} hint={text.taglineHint} name="tagline" maxLength={140} />
          <SelectField label={text.privacy} name="privacy" defaultValue="private">
            {Object.entries(words.space.privacy).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
        </DeedForm>
      </Panel>
    </Frame>
  );
}
