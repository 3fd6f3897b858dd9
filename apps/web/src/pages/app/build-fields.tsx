import { CheckField, SelectField, TextField } from '#src/ui/field.tsx';
import { useWords } from '#src/words/words.tsx';

interface BuildValues {
  builder: string;
  installCommand?: string | null;
  buildCommand?: string | null;
  startCommand?: string | null;
  outputFolder?: string | null;
  rootFolder?: string | null;
  singlePage?: boolean;
}

/** Fields of a build; an empty one means what was detected. */
export function BuildFields({ values }: { values: BuildValues }) {
  const words = useWords();
  const text = words.app.settings;
  const fields: [keyof BuildValues, string][] = [
    ['installCommand', text.install],
    ['buildCommand', text.buildCommand],
    ['startCommand', text.start],
    ['outputFolder', text.output],
    ['rootFolder', text.root],
  ];
  return (
    <>
      <SelectField label={text.builder} name="builder" defaultValue={values.builder}>
        {Object.entries(text.builders).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </SelectField>
      <div className="grid gap-4 sm:grid-cols-2">
        {fields.map(([name, label]) => (
          <TextField
            key={name}
            label={label}
            name={name}
            defaultValue={String(values[name] ?? '')}
            placeholder={text.detected}
            maxLength={500}
            autoComplete="off"
            spellCheck={false}
            className="font-mono text-[0.867rem]"
          />
        ))}
      </div>
      <CheckField label={text.singlePage} name="singlePage" defaultChecked={values.singlePage ?? false} />
    </>
  );
}

/** What the fields hold, as the house takes it. */
export function buildInput(field: (name: string) => string) {
  return {
    builder: field('builder') || 'automatic',
    installCommand: field('installCommand'),
    buildCommand: field('buildCommand'),
    startCommand: field('startCommand'),
    outputFolder: field('outputFolder'),
    rootFolder: field('rootFolder'),
    singlePage: field('singlePage') === 'on',
  };
}
