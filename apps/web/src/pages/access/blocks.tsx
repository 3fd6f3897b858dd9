import { useState } from 'react';
import { useMutate } from '#src/graph/use-mutate.ts';
import { type AccessNode, BlockDocument, UnblockDocument } from '#src/pages/access/access-documents.ts';
import { PersonField, personIdOf } from '#src/pages/access/person-field.tsx';
import { Button } from '#src/ui/button.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { SelectField, TextField } from '#src/ui/field.tsx';
import { sentence } from '#src/ui/sentence.ts';
import { Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

/** Who is blocked here, from what and why. */
export function Blocks({ node, onChanged }: { node: AccessNode; onChanged: () => void }) {
  const words = useWords();
  const text = words.access;
  const mutate = useMutate();
  const unblock = async (personId: string) => {
    await mutate(UnblockDocument, { nodeId: node.id, personId });
    onChanged();
  };
  return (
    <Section
      title={text.blocks}
      note={text.blocksNote}
      actions={node.mayGrant && <BlockButton node={node} onChanged={onChanged} />}
    >
      {node.blocks.length > 0 && (
        <Rows label={text.blocks}>
          {node.blocks.map((block) => (
            <Row key={block.principal}>
              <div className="min-w-0 flex-1 basis-52">
                <p className="font-medium">{block.person?.name ?? block.principal}</p>
                <p className="text-[0.867rem] text-ink-soft">
                  {block.reason} · {block.privileges.join(', ') || text.everything}
                  {block.until && (
                    <>
                      {' '}
                      · {text.until} <RelativeTime at={block.until} />
                    </>
                  )}
                </p>
              </div>
              {node.mayGrant && block.person && (
                <Button small onClick={() => void unblock(block.person?.id ?? '')}>
                  {text.unblock}
                </Button>
              )}
            </Row>
          ))}
        </Rows>
      )}
    </Section>
  );
}

function BlockButton({ node, onChanged }: { node: AccessNode; onChanged: () => void }) {
  const words = useWords();
  const text = words.access;
  const mutate = useMutate();
  const [open, setOpen] = useState(false);
  const block = async (field: (name: string) => string) => {
    const privilege = field('privilege');
    await mutate(BlockDocument, {
      nodeId: node.id,
      personId: personIdOf(field),
      privileges: privilege ? [privilege] : node.privileges.map((one) => one.name),
      until: field('until') ? new Date(field('until')).toISOString() : null,
      reason: field('reason'),
    });
    setOpen(false);
    onChanged();
  };
  return (
    <>
      <Button variant="danger" onClick={() => setOpen(true)}>
        {text.block}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={text.blockTitle}>
        <DeedForm submit={text.block} deed={block}>
          <PersonField node={node} />
          <SelectField label={text.what} name="privilege">
            <option value="">{text.everything}</option>
            {node.privileges.map((one) => (
              <option key={one.name} value={one.name}>
                {sentence(one.text)}
              </option>
            ))}
          </SelectField>
          <TextField label={text.reason} hint={text.reasonHint} name="reason" required maxLength={300} />
          <TextField label={text.untilLabel} name="until" type="datetime-local" />
        </DeedForm>
      </Dialog>
    </>
  );
}
