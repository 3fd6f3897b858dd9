import { useNavigate } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { AppSettingsDocument } from '#src/graph/documents-app.ts';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { BuildSettings } from '#src/pages/app/build-settings.tsx';
import { GraphSettings } from '#src/pages/app/graph-settings.tsx';
import { HookSettings } from '#src/pages/app/hook-settings.tsx';
import { RuntimeSettings } from '#src/pages/app/runtime-settings.tsx';
import { SourceSettings } from '#src/pages/app/source-settings.tsx';
import { useApp } from '#src/pages/app/use-app.ts';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Note, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const RemoveDocument = graphql(`
  mutation RemoveApp($id: ID!) { removeApp(id: $id) }
`);

/** Where the code comes from, how it is built and run, what deploys it, and its end. */
export function AppSettingsPage() {
  const words = useWords();
  const app = useApp();
  const [asked, ask] = useQuery({ query: AppSettingsDocument, variables: { id: app.id }, pause: !app.may.update });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  if (!app.may.update && !app.may.remove) return <Note>{words.app.settings.noRight}</Note>;
  return (
    <>
      {app.may.update && (
        <QueryView asked={asked} retry={refresh}>
          {(data) => (
            <>
              <SourceSettings app={data.app} />
              <BuildSettings app={data.app} />
              <RuntimeSettings app={data.app} />
              <HookSettings app={data.app} onChanged={refresh} />
              <GraphSettings app={data.app} onChanged={refresh} />
            </>
          )}
        </QueryView>
      )}
      {app.may.remove && <Danger />}
    </>
  );
}

function Danger() {
  const words = useWords();
  const text = words.app.settings;
  const app = useApp();
  const mutate = useMutate();
  const navigate = useNavigate();
  const remove = async () => {
    await navigate({ to: '/p/$projectId', params: { projectId: app.project.id } });
    await mutate(RemoveDocument, { id: app.id });
  };
  return (
    <Section title={text.danger} note={text.removeText}>
      <div>
        <ConfirmButton
          label={text.remove}
          title={text.removeTitle(app.name)}
          text={text.removeText}
          name={app.nameId}
          deed={remove}
        />
      </div>
    </Section>
  );
}
