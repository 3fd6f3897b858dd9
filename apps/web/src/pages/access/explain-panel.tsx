import { useState } from 'react';
import { useQuery } from 'urql';
import { type AccessNode, ExplainDocument, WhoCanDocument } from '#src/pages/access/access-documents.ts';
import { Explanation } from '#src/pages/access/explanation.tsx';
import { peopleOf } from '#src/pages/access/person-field.tsx';
import { SelectField } from '#src/ui/field.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { sentence } from '#src/ui/sentence.ts';
import { Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** Asks the forest: may this person do that, why, and who else can. */
export function ExplainPanel({ node }: { node: AccessNode }) {
  const words = useWords();
  const text = words.access;
  const [privilege, setPrivilege] = useState(node.privileges[0]?.name ?? '');
  const [personId, setPersonId] = useState('');
  if (node.privileges.length === 0) return null;
  return (
    <Section title={text.explain} note={text.explainNote}>
      <Panel className="flex flex-col gap-5">
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField label={text.privilege} value={privilege} onChange={(event) => setPrivilege(event.target.value)}>
            {node.privileges.map((one) => (
              <option key={one.name} value={one.name}>
                {sentence(one.text)}
              </option>
            ))}
          </SelectField>
          {node.mayGrant && (
            <SelectField label={text.forWhom} value={personId} onChange={(event) => setPersonId(event.target.value)}>
              <option value="">{text.me}</option>
              {peopleOf(node).map((person) => (
                <option key={person.id} value={person.id}>
                  {person.name}
                </option>
              ))}
            </SelectField>
          )}
        </div>
        <Answer
          nodeId={node.id}
          privilege={privilege}
          personId={personId}
          name={peopleOf(node).find((one) => one.id === personId)?.name}
        />
        <WhoCan nodeId={node.id} privilege={privilege} />
      </Panel>
    </Section>
  );
}

interface AnswerProps {
  nodeId: string;
  privilege: string;
  personId: string;
  name: string | undefined;
}

function Answer({ nodeId, privilege, personId, name }: AnswerProps) {
  const [asked, ask] = useQuery({
    query: ExplainDocument,
    variables: { nodeId, privilege, personId: personId || null },
  });
  return (
    <div aria-live="polite">
      <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })} skeleton={<div className="h-16" />}>
        {(data) => <Explanation explanation={data.explainAccess} name={name} />}
      </QueryView>
    </div>
  );
}

function WhoCan({ nodeId, privilege }: { nodeId: string; privilege: string }) {
  const words = useWords();
  const [{ data }] = useQuery({ query: WhoCanDocument, variables: { nodeId, privilege } });
  if (!data) return null;
  const names = [...new Set(data.whoCan.map((holder) => holder.person?.name ?? holder.label))];
  return (
    <p className="text-[0.933rem]">
      <span className="text-ink-soft">{words.access.whoCan}: </span>
      {names.length === 0 ? words.access.nobody : names.join(', ')}
    </p>
  );
}
