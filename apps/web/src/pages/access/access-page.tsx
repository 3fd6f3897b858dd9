import { useQuery } from 'urql';
import { readProblem } from '#src/graph/problem.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { AccessDocument, type AccessNode, InheritDocument } from '#src/pages/access/access-documents.ts';
import { Blocks } from '#src/pages/access/blocks.tsx';
import { ExplainPanel } from '#src/pages/access/explain-panel.tsx';
import { GrantButton } from '#src/pages/access/grant-button.tsx';
import { HolderRow } from '#src/pages/access/holder-row.tsx';
import { RoleMatrix } from '#src/pages/access/role-matrix.tsx';
import { Button } from '#src/ui/button.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Empty, Note, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** Who may what at one node of the forest, and why. Whoever may not see that is told so in the house's words. */
export function AccessPage({ nodeId }: { nodeId: string }) {
  const [asked, ask] = useQuery({ query: AccessDocument, variables: { id: nodeId } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  if (asked.error && !asked.data && readProblem(asked.error).status === 403)
    return <Note>{readProblem(asked.error).message}</Note>;
  return (
    <QueryView asked={asked} retry={refresh}>
      {(data) => <View node={data.accessNode} onChanged={refresh} />}
    </QueryView>
  );
}

function View({ node, onChanged }: { node: AccessNode; onChanged: () => void }) {
  const words = useWords();
  const text = words.access;
  return (
    <>
      <Section
        title={text.title}
        note={text.note}
        actions={node.mayGrant && <GrantButton node={node} onChanged={onChanged} />}
      >
        <Inheritance node={node} onChanged={onChanged} />
        {node.holders.length === 0 ? (
          <Empty title={text.emptyTitle} text={text.empty} />
        ) : (
          <Rows label={text.title}>
            {node.holders.map((holder) => (
              <HolderRow
                key={`${holder.principal} ${holder.role} ${holder.fromId} ${holder.groupName ?? ''}`}
                holder={holder}
                node={node}
                onChanged={onChanged}
              />
            ))}
          </Rows>
        )}
      </Section>
      {(node.mayGrant || node.blocks.length > 0) && <Blocks node={node} onChanged={onChanged} />}
      <ExplainPanel node={node} />
      <RoleMatrix node={node} />
    </>
  );
}

function Inheritance({ node, onChanged }: { node: AccessNode; onChanged: () => void }) {
  const words = useWords();
  const text = words.access;
  const mutate = useMutate();
  const next = node.inherit === 'sealed' ? 'open' : 'sealed';
  const change = useAction(async () => {
    await mutate(InheritDocument, { nodeId: node.id, inherit: next });
    onChanged();
  });
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 text-[0.933rem]">
      <p className="text-ink-soft">{text.inherit[node.inherit] ?? node.inherit}</p>
      {node.mayGrant && (
        <Button small variant="quiet" busy={change.busy} onClick={() => void change.run()}>
          {next === 'sealed' ? text.seal : text.unseal}
        </Button>
      )}
      <ProblemNote problem={change.problem} />
    </div>
  );
}
