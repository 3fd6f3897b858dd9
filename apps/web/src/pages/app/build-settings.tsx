import { BuildFields, buildInput } from '#src/pages/app/build-fields.tsx';
import { type AppSettings, useUpdateApp } from '#src/pages/app/update-app.ts';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** How the app is built. */
export function BuildSettings({ app }: { app: AppSettings }) {
  const words = useWords();
  const update = useUpdateApp(app.id);
  return (
    <Section title={words.app.settings.build} note={words.app.settings.nextDeployment}>
      <Panel className="max-w-2xl">
        <DeedForm
          submit={words.actions.save}
          done={words.actions.saved}
          deed={(field) => update({ build: buildInput(field) })}
        >
          <BuildFields values={app.build} />
        </DeedForm>
      </Panel>
    </Section>
  );
}
