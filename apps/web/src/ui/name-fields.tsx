import { useState } from 'react';
import { TextField } from '#src/ui/field.tsx';
import { nameIdPattern, toNameId } from '#src/ui/name-id.ts';

interface NameFieldsProps {
  name: string;
  nameId: string;
  hint: string;
  start?: string;
}

/** A name, and the short name that follows it until somebody writes their own. */
export function NameFields({ name, nameId, hint, start = '' }: NameFieldsProps) {
  const [long, setLong] = useState(start);
  const [own, setOwn] = useState<string>();
  return (
    <>
      <TextField
        label={name}
        name="name"
        value={long}
        onChange={(event) => setLong(event.target.value)}
        required
        maxLength={80}
        autoComplete="off"
      />
      <TextField
        label={nameId}
        hint={hint}
        name="nameId"
        value={own ?? toNameId(long)}
        onChange={(event) => setOwn(event.target.value)}
        required
        pattern={nameIdPattern}
        autoComplete="off"
        spellCheck={false}
        className="font-mono"
      />
    </>
  );
}
