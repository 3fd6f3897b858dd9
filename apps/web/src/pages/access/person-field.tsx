import type { AccessNode } from '#src/pages/access/access-documents.ts';
import { SelectField, TextField } from '#src/ui/field.tsx';
import { useWords } from '#src/words/words.tsx';

/** People known at a node, each once. */
export function peopleOf(node: AccessNode): { id: string; name: string }[] {
  const people = new Map<string, { id: string; name: string }>();
  for (const { person } of [...node.holders, ...node.blocks]) if (person) people.set(person.id, person);
  return [...people.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** Which person: one of those known here, or by id. */
export function PersonField({ node }: { node: AccessNode }) {
  const words = useWords();
  const people = peopleOf(node);
  if (people.length === 0)
    return (
      <TextField
        label={words.access.personId}
        hint={words.access.personIdHint}
        name="personId"
        required
        pattern="usr_.+"
        className="font-mono"
      />
    );
  return (
    <>
      <SelectField label={words.access.person} name="personId" defaultValue={people[0]?.id}>
        {people.map((person) => (
          <option key={person.id} value={person.id}>
            {person.name}
          </option>
        ))}
      </SelectField>
      <TextField
        label={words.access.personId}
        hint={words.access.personIdHint}
        name="otherPersonId"
        pattern="usr_.+"
        className="font-mono"
      />
    </>
  );
}

/** The id that the fields above hold. */
export function personIdOf(field: (name: string) => string): string {
  return field('otherPersonId') || field('personId');
}
