import { KeyRound, Pencil } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { AddVariables } from '#src/pages/variables/add-variables.tsx';
import { Button, IconButton } from '#src/ui/button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { CopyButton } from '#src/ui/copy.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Empty, Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const VariablesDocument = graphql(`
  query Variables($ownerId: ID!) { variables(ownerId: $ownerId) { name value secret level updatedAt } }
`);
const RemoveDocument = graphql(`
  mutation RemoveVariable($ownerId: ID!, $name: String!) { removeVariable(ownerId: $ownerId, name: $name) }
`);
type Variable = ResultOf<typeof VariablesDocument>['variables'][number];

interface VariablesPageProps {
  /** The project, environment or app whose variables they are. */
  ownerId: string;
  mayWrite: boolean;
  note?: string;
  /** What applies a change: the app's deploy button. */
  apply?: ReactNode;
}

/** Variables and secrets of one owner; inherited ones say where they come from. */
export function VariablesPage({ ownerId, mayWrite, note, apply }: VariablesPageProps) {
  const words = useWords();
  const text = words.app.variables;
  const [asked, ask] = useQuery({ query: VariablesDocument, variables: { ownerId } });
  const [editing, setEditing] = useState<{ name: string; secret: boolean } | 'new'>();
  const add = mayWrite && (
    <Button variant="primary" onClick={() => setEditing('new')}>
      {text.add}
    </Button>
  );
  return (
    <Section
      title={text.title}
      note={note ?? text.note}
      actions={
        <>
          {add}
          {apply}
        </>
      }
    >
      {editing && (
        <AddVariables
          key={editing === 'new' ? '' : editing.name}
          ownerId={ownerId}
          {...(editing !== 'new' && { known: editing })}
          onClose={() => setEditing(undefined)}
        />
      )}
      <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
        {(data) =>
          data.variables.length === 0 ? (
            <Empty icon={<KeyRound aria-hidden />} title={text.emptyTitle} text={text.empty} />
          ) : (
            <Rows label={text.title}>
              {data.variables.map((one) => (
                <VariableRow
                  key={`${one.level} ${one.name}`}
                  variable={one}
                  ownerId={ownerId}
                  mayWrite={mayWrite}
                  onEdit={setEditing}
                />
              ))}
            </Rows>
          )
        }
      </QueryView>
    </Section>
  );
}

interface RowProps {
  variable: Variable;
  ownerId: string;
  mayWrite: boolean;
  onEdit(variable: { name: string; secret: boolean }): void;
}

/** The kind of an owner, read from its id's prefix. */
const levels: Record<string, string> = { prj: 'project', env: 'environment', app: 'app' };

function VariableRow({ variable, ownerId, mayWrite, onEdit }: RowProps) {
  const words = useWords();
  const text = words.app.variables;
  const mutate = useMutate();
  const own = levels[ownerId.split('_')[0] ?? ''] === variable.level;
  return (
    <Row>
      <div className="min-w-0 flex-1 basis-56">
        <code className="font-mono text-[0.9rem] font-medium">{variable.name}</code>
        <p className="text-[0.833rem] text-ink-soft">
          {text.from[variable.level] ?? variable.level} · <RelativeTime at={variable.updatedAt} />
        </p>
      </div>
      <div className="flex min-w-0 flex-1 basis-56 items-center gap-1">
        {variable.secret ? (
          <Tag>{text.hidden}</Tag>
        ) : (
          <>
            <code className="min-w-0 truncate font-mono text-[0.867rem] text-ink-soft">{variable.value}</code>
            {variable.value && <CopyButton text={variable.value} />}
          </>
        )}
      </div>
      {mayWrite && own && (
        <>
          <IconButton
            label={text.edit(variable.name)}
            onClick={() => onEdit({ name: variable.name, secret: variable.secret })}
          >
            <Pencil aria-hidden className="size-4" />
          </IconButton>
          <ConfirmButton
            small
            label={text.remove}
            title={text.removeTitle(variable.name)}
            text={text.removeText}
            deed={() => mutate(RemoveDocument, { ownerId, name: variable.name })}
          />
        </>
      )}
    </Row>
  );
}
