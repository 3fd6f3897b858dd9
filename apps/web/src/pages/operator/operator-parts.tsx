import { AccessPage } from '#src/pages/access/access-page.tsx';
import { AuditPage } from '#src/pages/audit/audit-page.tsx';

/** The root of the forest has this id in every house. */
const platformId = 'platform';

export function HouseAccessPage() {
  return <AccessPage nodeId={platformId} />;
}

export function HouseAuditPage() {
  return <AuditPage />;
}
