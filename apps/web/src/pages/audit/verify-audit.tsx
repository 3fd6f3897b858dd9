import { useState } from 'react';
import { useClient } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { useAction } from '#src/graph/use-mutate.ts';
import { Button } from '#src/ui/button.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const VerifyDocument = graphql(`
  query VerifyAudit { verifyAudit { ok entries firstBroken } }
`);

/** Has the house check the whole chain of hashes. */
export function VerifyAudit() {
  const words = useWords();
  const text = words.access.audit;
  const client = useClient();
  const [answer, setAnswer] = useState<{ ok: boolean; entries: number; firstBroken: string | null }>();
  const verify = useAction(async () => {
    const result = await client.query(VerifyDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    if (!result.data) throw result.error;
    setAnswer(result.data.verifyAudit);
  });
  return (
    <div className="flex flex-wrap items-center gap-3">
      <div role="status">
        {answer && (
          <Note tone={answer.ok ? 'green' : 'amber'}>
            {answer.ok ? text.verified(answer.entries) : text.broken(answer.firstBroken ?? '?')}
          </Note>
        )}
      </div>
      <ProblemNote problem={verify.problem} />
      <Button busy={verify.busy} onClick={() => void verify.run()}>
        {text.verify}
      </Button>
    </div>
  );
}
