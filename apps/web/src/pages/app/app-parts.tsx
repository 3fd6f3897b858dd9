import { AccessPage } from '#src/pages/access/access-page.tsx';
import { DeployButton } from '#src/pages/app/deploy-button.tsx';
import { useApp } from '#src/pages/app/use-app.ts';
import { AuditPage } from '#src/pages/audit/audit-page.tsx';
import { VariablesPage } from '#src/pages/variables/variables-page.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

export function AppVariablesPage() {
  const words = useWords();
  const app = useApp();
  if (!app.may.readVariables) return <Note>{words.app.variables.noRight}</Note>;
  return (
    <VariablesPage
      ownerId={app.id}
      mayWrite={app.may.writeVariables}
      apply={app.may.deploy && app.live && <DeployButton app={app} plain />}
    />
  );
}

export function AppAccessPage() {
  return <AccessPage nodeId={useApp().id} />;
}

export function AppAuditPage() {
  return <AuditPage nodeId={useApp().id} />;
}
