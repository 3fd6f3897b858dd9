import { AccessPage } from '#src/pages/access/access-page.tsx';
import { AuditPage } from '#src/pages/audit/audit-page.tsx';
import { useProject } from '#src/pages/project/use-project.ts';
import { VariablesPage } from '#src/pages/variables/variables-page.tsx';
import { useWords } from '#src/words/words.tsx';

export function ProjectVariablesPage() {
  const words = useWords();
  const project = useProject();
  return (
    <VariablesPage ownerId={project.id} mayWrite={project.may.writeVariables} note={words.app.project.variablesNote} />
  );
}

export function ProjectAccessPage() {
  return <AccessPage nodeId={useProject().id} />;
}

export function ProjectAuditPage() {
  return <AuditPage nodeId={useProject().id} />;
}
