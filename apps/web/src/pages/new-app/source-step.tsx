import { useState } from 'react';
import { useClient } from 'urql';
import { useAction } from '#src/graph/use-mutate.ts';
import { InspectDocument, type Inspection, type Source } from '#src/pages/new-app/new-app-documents.ts';
import { Step } from '#src/pages/new-app/step.tsx';
import { Button } from '#src/ui/button.tsx';
import { CheckField, formText, TextField } from '#src/ui/field.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { useWords } from '#src/words/words.tsx';

interface SourceStepProps {
  spaceId: string;
  onChosen(source: Source, inspection?: Inspection): void;
}

/** Which repository; the house fetches and looks at it before anything is made. */
export function SourceStep({ spaceId, onChosen }: SourceStepProps) {
  const words = useWords();
  const text = words.newApp;
  const client = useClient();
  const [isPrivate, setPrivate] = useState(false);
  const [looked, setLooked] = useState(false);
  const look = useAction(async (source: Source) => {
    const { url, branch, token } = source;
    // A repository that only the deploy key opens cannot be looked at before the key exists.
    if (source.withDeployKey) return onChosen(source);
    const answer = await client
      .query(
        InspectDocument,
        { url, branch: branch || null, token: token || null, spaceId },
        { requestPolicy: 'network-only' },
      )
      .toPromise();
    if (!answer.data) throw answer.error;
    setLooked(true);
    onChosen(source, answer.data.inspectSource);
  });
  return (
    <Step number={1} title={text.step1}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const field = formText(event.currentTarget);
          void look.run({
            url: field('url'),
            branch: field('branch'),
            token: field('token'),
            withDeployKey: field('withDeployKey') === 'on',
          });
        }}
      >
        <TextField
          label={text.url}
          hint={text.urlHint}
          name="url"
          required
          maxLength={500}
          autoComplete="off"
          spellCheck={false}
          placeholder="https://example.org/ada/garden.git"
          className="font-mono"
        />
        <TextField
          label={text.branch}
          hint={text.branchHint}
          name="branch"
          maxLength={200}
          autoComplete="off"
          className="font-mono"
        />
        <CheckField label={text.private} checked={isPrivate} onChange={(event) => setPrivate(event.target.checked)} />
        {isPrivate && (
          <>
            <TextField
              label={text.token}
              hint={text.tokenHint}
              name="token"
              type="password"
              autoComplete="off"
              maxLength={500}
            />
            <CheckField label={text.deployKey} hint={text.deployKeyHint} name="withDeployKey" />
          </>
        )}
        <ProblemNote problem={look.problem} />
        <div>
          <Button type="submit" variant={looked ? 'plain' : 'primary'} busy={look.busy}>
            {looked ? text.lookAgain : text.look}
          </Button>
        </div>
      </form>
    </Step>
  );
}
