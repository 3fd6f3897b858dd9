import { useNavigate } from '@tanstack/react-router';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { type Space, useSpace } from '#src/pages/space/use-space.ts';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { SelectField, TextField } from '#src/ui/field.tsx';
import { Note, Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const UpdateDocument = graphql(`
  mutation UpdateSpace($id: ID!, $input: UpdateSpaceInput!) {
    updateSpace(id: $id, input: $input) { id name tagline tags privacy visibility membership }
  }
`);
const RemoveDocument = graphql(`
  mutation RemoveSpace($id: ID!) { removeSpace(id: $id) }
`);

/** What a space is called, who gets in, and its end. */
export function SpaceSettingsPage() {
  const words = useWords();
  const space = useSpace();
  if (!space.may.update && !space.may.remove) return <Note>{words.space.settings.noRight}</Note>;
  return (
    <>
      {space.may.update && (
        <>
          <Profile space={space} />
          <Entrance space={space} />
        </>
      )}
      {space.may.remove && <Danger space={space} />}
    </>
  );
}

function Profile({ space }: { space: Space }) {
  const words = useWords();
  const text = words.space.settings;
  const mutate = useMutate();
  const save = (field: (name: string) => string) =>
    mutate(UpdateDocument, {
      id: space.id,
      input: {
        name: field('name'),
        tagline: field('tagline'),
        tags: field('tags')
          .split(',')
          .map((tag) => tag.trim())
          .filter(Boolean),
      },
    });
  return (
    <Section title={text.profile}>
      <Panel className="max-w-xl">
        <DeedForm submit={words.actions.save} done={words.actions.saved} deed={save}>
          <TextField label={text.name} name="name" defaultValue={space.name} required maxLength={80} />
          <TextField label={text.tagline} name="tagline" defaultValue={space.tagline} maxLength={140} />
          <TextField
            label={text.tags}
            name="tags"
            hint={text.tagsHint}
            defaultValue={space.tags.join(', ')}
            maxLength={400}
          />
        </DeedForm>
      </Panel>
    </Section>
  );
}

function Entrance({ space }: { space: Space }) {
  const words = useWords();
  const text = words.space.settings;
  const mutate = useMutate();
  const save = (field: (name: string) => string) =>
    mutate(UpdateDocument, {
      id: space.id,
      input: { privacy: field('privacy'), membership: field('membership'), visibility: field('visibility') },
    });
  const choices: [string, string, string, Record<string, string>][] = [
    ['privacy', text.privacy, space.privacy, words.space.privacy],
    ['membership', text.membership, space.membership, words.space.membership],
    ['visibility', text.visibility, space.visibility, words.space.visibility],
  ];
  return (
    <Section title={text.who}>
      <Panel className="max-w-xl">
        <DeedForm submit={words.actions.save} done={words.actions.saved} deed={save}>
          {choices.map(([name, label, value, options]) => (
            <SelectField key={name} name={name} label={label} defaultValue={value}>
              {Object.entries({ ...(value in options ? {} : { [value]: value }), ...options }).map(([key, meaning]) => (
                <option key={key} value={key}>
                  {meaning}
                </option>
              ))}
            </SelectField>
          ))}
        </DeedForm>
      </Panel>
    </Section>
  );
}

function Danger({ space }: { space: Space }) {
  const words = useWords();
  const text = words.space.settings;
  const mutate = useMutate();
  const navigate = useNavigate();
  const remove = async () => {
    await mutate(RemoveDocument, { id: space.id });
    await navigate({ to: '/' });
  };
  return (
    <Section title={text.danger} note={text.removeText}>
      <div>
        <ConfirmButton
          label={text.remove}
          title={text.removeTitle(space.name)}
          text={text.removeText}
          name={space.nameId}
          deed={remove}
        />
      </div>
    </Section>
  );
}
