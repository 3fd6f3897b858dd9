import { AccessPage } from '#src/pages/access/access-page.tsx';
import { AuditPage } from '#src/pages/audit/audit-page.tsx';
import { useSpace } from '#src/pages/space/use-space.ts';

export function SpaceAccessPage() {
  return <AccessPage nodeId={useSpace().id} />;
}

export function SpaceAuditPage() {
  return <AuditPage nodeId={useSpace().id} />;
}
