import { type AppSettings, useUpdateApp } from '#src/pages/app/update-app.ts';
import { CopyLine } from '#src/ui/copy.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { TextField } from '#src/ui/field.tsx';
import { Note, Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** The app's name and its repository. */
export function SourceSettings({ app }: { app: AppSettings }) {
  const words = useWords();
  const text = words.app.settings;
  const update = useUpdateApp(app.id);
  const git = app.source.kind === 'git';
  const save = (field: (name: string) => string) =>
    update({
      name: field('name'),
      ...(git && {
        source: {
          kind: 'git',
          url: field('url'),
          branch: field('branch'),
          ...(field('token') && { token: field('token') }),
        },
      }),
    });
  return (
    <Section title={text.source} note={text.nextDeployment}>
      <Panel className="max-w-2xl">
        <DeedForm submit={words.actions.save} done={words.actions.saved} deed={save}>
          <TextField label={text.name} name="name" defaultValue={app.name} required maxLength={80} />
          {git ? (
            <>
              <TextField
                label={text.url}
                name="url"
                defaultValue={app.source.url ?? ''}
                required
                maxLength={500}
                className="font-mono"
              />
              <TextField
                label={text.branch}
                name="branch"
                defaultValue={app.source.branch ?? ''}
                maxLength={200}
                className="font-mono"
              />
              <TextField
                label={text.token}
                name="token"
                type="password"
                autoComplete="off"
                hint={app.source.hasToken ? text.tokenKept : text.tokenHint}
                maxLength={500}
              />
              {app.source.deployKey && <CopyLine label={text.deployKey} value={app.source.deployKey} />}
            </>
          ) : (
            <Note>{text.archive}</Note>
          )}
        </DeedForm>
      </Panel>
    </Section>
  );
}
