import type { SpaceMembersDocument } from '#src/graph/documents-space.ts';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { grantableRoles } from '#src/pages/space/roles.ts';
import { useSpace } from '#src/pages/space/use-space.ts';
import { useSession } from '#src/session/session.tsx';
import { Tile } from '#src/ui/avatar.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Row } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const SetRoleDocument = graphql(`
  mutation SetMemberRole($spaceId: ID!, $personId: ID!, $role: String!) {
    setMemberRole(spaceId: $spaceId, personId: $personId, role: $role) { role }
  }
`);
const RemoveDocument = graphql(`
  mutation RemoveMember($spaceId: ID!, $personId: ID!) { removeMember(spaceId: $spaceId, personId: $personId) }
`);
type Member = ResultOf<typeof SpaceMembersDocument>['space']['members']['nodes'][number];

/** One member: their role, which whoever manages members can change with an undo. */
export function MemberRow({ member }: { member: Member }) {
  const words = useWords();
  const space = useSpace();
  const { viewer } = useSession();
  const mutate = useMutate();
  const toast = useToast();
  const { person, role } = member;
  const setRole = (next: string) => mutate(SetRoleDocument, { spaceId: space.id, personId: person.id, role: next });
  const change = useAction(async (next: string) => {
    await setRole(next);
    toast({
      text: words.space.members.changed(person.name, words.roles[next] ?? next),
      action: { label: words.actions.undo, run: () => void change.run(role) },
    });
  });
  const own = person.id === viewer.person.id;
  return (
    <Row>
      <Tile name={person.name} person large />
      <div className="min-w-0 flex-1 basis-48">
        <p className="flex items-center gap-2 font-medium">
          {person.name} {own && <Tag>{words.space.members.you}</Tag>}
        </p>
        <p className="truncate text-[0.867rem] text-ink-soft">
          {person.email && `${person.email} · `}
          {words.space.members.since} <RelativeTime at={member.since} />
        </p>
      </div>
      {space.may.manageMembers && !own ? (
        <>
          <select
            aria-label={words.space.members.roleOf(person.name)}
            value={role}
            disabled={change.busy}
            onChange={(event) => void change.run(event.target.value)}
            className="control w-auto"
          >
            {grantableRoles(space.myRole, role).map((one) => (
              <option key={one} value={one}>
                {words.roles[one]}
              </option>
            ))}
          </select>
          <ConfirmButton
            small
            label={words.space.members.remove}
            title={words.space.members.removeTitle(person.name)}
            text={words.space.members.removeText}
            deed={() => mutate(RemoveDocument, { spaceId: space.id, personId: person.id })}
          />
        </>
      ) : (
        <span className="text-[0.933rem]">{words.roles[role] ?? role}</span>
      )}
      <ProblemNote problem={change.problem} />
    </Row>
  );
}
