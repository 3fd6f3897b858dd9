import { TextField } from '#src/ui/field.tsx';
import { useWords } from '#src/words/words.tsx';

export function NameField() {
  const words = useWords();
  return (
    <TextField
      label={words.session.name}
      hint={words.session.nameHint}
      name="name"
      autoComplete="name"
      required
      maxLength={80}
    />
  );
}

export function EmailField({ known }: { known?: string }) {
  const words = useWords();
  return (
    <TextField
      label={words.session.email}
      name="email"
      type="email"
      autoComplete="username"
      required
      maxLength={254}
      {...(known && { defaultValue: known, readOnly: true })}
    />
  );
}

/** A password to be chosen, with the house's rule beside it. */
export function NewPasswordField({ label }: { label?: string }) {
  const words = useWords();
  return (
    <TextField
      label={label ?? words.session.password}
      hint={words.session.passwordHint}
      name="password"
      type="password"
      autoComplete="new-password"
      required
      minLength={10}
      maxLength={200}
    />
  );
}
