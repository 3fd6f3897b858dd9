import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { type AccessNode, GrantDocument, type Holder, RevokeDocument } from '#src/pages/access/access-documents.ts';
import { Tile } from '#src/ui/avatar.tsx';
import { Button } from '#src/ui/button.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Row } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

interface HolderRowProps {
  holder: Holder;
  node: AccessNode;
  onChanged(): void;
}

/** One who holds a role here, and where it comes from. A role given here can be taken away, with an undo. */
export function HolderRow({ holder, node, onChanged }: HolderRowProps) {
  const words = useWords();
  const text = words.access;
  const mutate = useMutate();
  const toast = useToast();
  const { person, role } = holder;
  const take = useAction(async () => {
    if (!person) return;
    const target = { nodeId: node.id, personId: person.id, role };
    await mutate(RevokeDocument, target);
    onChanged();
    const undo = () => void mutate(GrantDocument, { ...target, until: holder.until }).then(onChanged);
    toast({ text: text.taken(person.name), action: { label: words.actions.undo, run: undo } });
  });
  return (
    <Row>
      <Tile name={person?.name ?? holder.label} person={person !== null} />
      <div className="min-w-0 flex-1 basis-52">
        <p className="font-medium">{person?.name ?? holder.label}</p>
        <p className="text-[0.867rem] text-ink-soft">
          {holder.direct ? text.direct : text.from(holder.fromName)}
          {holder.groupName && `, ${text.group(holder.groupName)}`}
          {holder.until && (
            <>
              {' '}
              · {text.until} <RelativeTime at={holder.until} />
            </>
          )}
        </p>
      </div>
      <Tag>{words.roles[role] ?? role}</Tag>
      {node.mayGrant && holder.direct && person && !holder.groupName && (
        <Button small variant="quiet" busy={take.busy} onClick={() => void take.run()}>
          {text.take}
        </Button>
      )}
      <ProblemNote problem={take.problem} />
    </Row>
  );
}
