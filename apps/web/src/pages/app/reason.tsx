import { classNames } from '#src/ui/class-names.ts';

interface ReasonProps {
  deployment: { state: string; reason?: string | null };
  className?: string;
}

/** Why a deployment ended as it did: in red only where it failed. */
export function Reason({ deployment, className }: ReasonProps) {
  const tone = deployment.state === 'failed' ? 'text-red' : 'text-ink-soft';
  return <p className={classNames(tone, className)}>{deployment.reason}</p>;
}
