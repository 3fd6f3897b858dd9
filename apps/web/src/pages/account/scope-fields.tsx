import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { SelectField } from '#src/ui/field.tsx';
import { useWords } from '#src/words/words.tsx';

const PlacesDocument = graphql(`
  query TokenPlaces {
    mySpaces { id name }
    myApps { id name project { id name } }
  }
`);

/** Where a token holds and what it may do there. Everywhere means: whatever its person may. */
export function ScopeFields() {
  const words = useWords();
  const text = words.account.tokens;
  const [{ data }] = useQuery({ query: PlacesDocument });
  const [place, setPlace] = useState('');
  return (
    <>
      <SelectField label={text.place} name="place" value={place} onChange={(event) => setPlace(event.target.value)}>
        <option value="">{text.everywhere}</option>
        <optgroup label={words.shell.spaces}>
          {data?.mySpaces.map((space) => (
            <option key={space.id} value={space.id}>
              {space.name}
            </option>
          ))}
        </optgroup>
        <optgroup label={words.space.home.apps}>
          {data?.myApps.map((app) => (
            <option key={app.id} value={app.id}>
              {app.project.name} / {app.name}
            </option>
          ))}
        </optgroup>
      </SelectField>
      {place && (
        <SelectField label={text.kind} name="kind" defaultValue="all">
          {Object.entries(text.kinds).map(([kind, meaning]) => (
            <option key={kind} value={kind}>
              {meaning}
            </option>
          ))}
        </SelectField>
      )}
    </>
  );
}
