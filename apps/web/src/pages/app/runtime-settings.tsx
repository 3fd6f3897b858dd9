import { type AppSettings, useUpdateApp } from '#src/pages/app/update-app.ts';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { TextField } from '#src/ui/field.tsx';
import { Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

type NumberName = 'replicas' | 'drainSeconds' | 'memoryMb' | 'cpuMillis' | 'keep';

/** How the app runs: how many, how healthy, how much. */
export function RuntimeSettings({ app }: { app: AppSettings }) {
  const words = useWords();
  const text = words.app.settings;
  const update = useUpdateApp(app.id);
  const numbers: [NumberName, string, number, string?][] = [
    ['replicas', text.replicas, 1],
    ['drainSeconds', text.drain, 0, text.drainHint],
    ['memoryMb', text.memory, 0, text.zeroHint],
    ['cpuMillis', text.cpu, 0, text.zeroHint],
    ['keep', text.keep, 1],
  ];
  const save = (field: (name: string) => string) =>
    update({
      runtime: {
        healthPath: field('healthPath'),
        replicas: Number(field('replicas')),
        drainSeconds: Number(field('drainSeconds')),
        memoryMb: Number(field('memoryMb')),
        cpuMillis: Number(field('cpuMillis')),
        keep: Number(field('keep')),
      },
    });
  return (
    <Section title={text.runtime} note={text.nextDeployment}>
      <Panel className="max-w-2xl">
        <DeedForm submit={words.actions.save} done={words.actions.saved} deed={save}>
          <TextField
            label={text.healthPath}
            hint={text.healthHint}
            name="healthPath"
            defaultValue={app.runtime.healthPath ?? ''}
            pattern="/.*"
            maxLength={300}
            placeholder="/healthz"
            className="font-mono"
          />
          <div className="grid gap-4 sm:grid-cols-2">
            {numbers.map(([name, label, min, hint]) => (
              <TextField
                key={name}
                type="number"
                label={label}
                name={name}
                min={min}
                hint={hint}
                defaultValue={app.runtime[name]}
                required
              />
            ))}
          </div>
        </DeedForm>
      </Panel>
    </Section>
  );
}
