import { Link } from '@tanstack/react-router';
import { FolderKanban } from 'lucide-react';
import { AppRow, type AppRowApp } from '#src/pages/app/app-row.tsx';
import { NewProjectButton } from '#src/pages/space/new-project-button.tsx';
import { useSpace } from '#src/pages/space/use-space.ts';
import { Empty, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

interface ListedProject {
  id: string;
  nameId: string;
  name: string;
  apps: AppRowApp[];
}

/** Projects of a space with their apps, each as it is now. */
export function ProjectList({ projects }: { projects: ListedProject[] }) {
  const words = useWords();
  const { may } = useSpace();
  const text = words.space.projects;
  return (
    <Section
      title={words.space.tabs.projects}
      actions={may.createProject && projects.length > 0 && <NewProjectButton />}
    >
      {projects.length === 0 && (
        <Empty
          icon={<FolderKanban aria-hidden />}
          title={text.emptyTitle}
          text={may.createProject ? text.empty : text.emptyGuest}
          action={may.createProject && <NewProjectButton primary />}
        />
      )}
      {projects.map((project) => (
        <div key={project.id} className="flex flex-col gap-2 pt-1">
          <h3 className="flex items-baseline gap-3 font-medium">
            <Link
              to="/p/$projectId"
              params={{ projectId: project.id }}
              className="rounded underline-offset-4 hover:underline"
            >
              {project.name}
            </Link>
            <span className="text-[0.867rem] font-normal text-ink-soft">
              {words.space.appCount(project.apps.length)}
            </span>
          </h3>
          {project.apps.length === 0 ? (
            <p className="rounded-xl border border-dashed border-line-strong/60 px-4 py-4 text-[0.933rem] text-ink-soft">
              {text.noApps}
            </p>
          ) : (
            <Rows label={project.name}>
              {project.apps.map((app) => (
                <AppRow key={app.id} app={app} />
              ))}
            </Rows>
          )}
        </div>
      ))}
    </Section>
  );
}
