import { useState } from 'react';
import { graphql } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import type { AppSettings } from '#src/pages/app/update-app.ts';
import { Button } from '#src/ui/button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { CopyLine } from '#src/ui/copy.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const RenewDocument = graphql(`
  mutation RenewHook($appId: ID!, $hook: String!) { renewHook(appId: $appId, hook: $hook) { url secret } }
`);

/** What deploys the app from outside: a webhook of the forge, and a hook for scripts. */
export function HookSettings({ app, onChanged }: { app: AppSettings; onChanged: () => void }) {
  const words = useWords();
  const text = words.app.settings;
  return (
    <Section title={text.hooks}>
      <div className="grid max-w-4xl gap-4 lg:grid-cols-2">
        <Hook
          app={app}
          hook="webhook"
          title={text.webhook}
          note={text.webhookNote}
          url={app.source.webhookUrl}
          made={app.source.hasWebhookSecret}
          onChanged={onChanged}
        />
        <Hook
          app={app}
          hook="deploy-hook"
          title={text.deployHook}
          note={text.deployHookNote}
          url={app.source.deployHookUrl}
          made={app.source.hasDeployHookToken}
          onChanged={onChanged}
        />
      </div>
    </Section>
  );
}

interface HookProps {
  app: AppSettings;
  hook: string;
  title: string;
  note: string;
  url: string;
  /** Whether there is a secret already: the hook works only with one. */
  made: boolean;
  onChanged(): void;
}

function Hook({ app, hook, title, note, url, made, onChanged }: HookProps) {
  const words = useWords();
  const text = words.app.settings;
  const mutate = useMutate();
  const [fresh, setFresh] = useState<{ url: string; secret: string }>();
  const renew = async () => {
    const { renewHook } = await mutate(RenewDocument, { appId: app.id, hook });
    setFresh(renewHook);
    onChanged();
  };
  const first = useAction(renew);
  return (
    <Panel className="flex flex-col gap-3">
      <h3 className="font-medium">{title}</h3>
      <p className="text-[0.9rem] text-ink-soft">{note}</p>
      <CopyLine label="URL" value={new URL(fresh?.url ?? url, location.origin).href} />
      <ProblemNote problem={first.problem} />
      {fresh && <CopyLine label={text.newSecret} value={fresh.secret} />}
      <div>
        {made ? (
          <ConfirmButton small label={text.renew} title={text.renewTitle} text={text.renewText} deed={renew} />
        ) : (
          <Button small busy={first.busy} onClick={() => void first.run()}>
            {text.makeSecret}
          </Button>
        )}
      </div>
    </Panel>
  );
}
