import { Sprout } from 'lucide-react';
import { AppRow } from '#src/pages/app/app-row.tsx';
import { useProject } from '#src/pages/project/use-project.ts';
import { ButtonLink } from '#src/ui/button.tsx';
import { Empty, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** The project's apps, apart by environment where there are several. */
export function ProjectAppsPage() {
  const words = useWords();
  const text = words.app.project;
  const project = useProject();
  if (project.apps.length === 0)
    return (
      <Empty
        icon={<Sprout aria-hidden />}
        title={text.emptyTitle}
        text={project.may.createApp ? text.empty : text.emptyGuest}
        action={
          project.may.createApp && (
            <ButtonLink to="/p/$projectId/new-app" params={{ projectId: project.id }} variant="primary">
              {text.newApp}
            </ButtonLink>
          )
        }
      />
    );
  const used = project.environments.filter((one) => project.apps.some((app) => app.environment.id === one.id));
  return used.map((environment) => (
    <Section key={environment.id} title={environment.name}>
      <Rows label={environment.name}>
        {project.apps
          .filter((app) => app.environment.id === environment.id)
          .map((app) => (
            <AppRow key={app.id} app={app} />
          ))}
      </Rows>
    </Section>
  ));
}
